package org.pgweir.testkit;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One connection of a {@link ScriptedServer}: raw streams, and a few of the steps that most scripts begin with. */
public final class ScriptedSession implements AutoCloseable {

    private static final int LONGEST_MESSAGE = 64 << 20;
    private static final int PIECE = 1 << 16;

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;

    ScriptedSession(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(Math.toIntExact(WireClient.DEFAULT_TIMEOUT.toMillis()));
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /**
     * A StartupMessage or a request that looks like one.
     *
     * @param code the protocol version or the request code, see {@link Frames}
     * @param body what follows the code
     */
    public record Startup(int code, byte[] body) {

        /** The parameters of a StartupMessage in the order they came. */
        public Map<String, String> parameters() {
            String[] words = new String(body, StandardCharsets.UTF_8).split("\0", -1);
            Map<String, String> parameters = new LinkedHashMap<>();
            for (int i = 0; i + 1 < words.length && !words[i].isEmpty(); i += 2) {
                parameters.put(words[i], words[i + 1]);
            }
            return parameters;
        }
    }

    /** The raw bytes that come. */
    public InputStream in() {
        return in;
    }

    /** Where raw bytes go; nothing is buffered. */
    public OutputStream out() {
        return out;
    }

    /** Sends the frames in one write. */
    public ScriptedSession send(byte[]... frames) throws IOException {
        out.write(Frames.concat(frames));
        return this;
    }

    /** Sends one byte a write. */
    public ScriptedSession sendSlowly(byte[]... frames) throws IOException {
        for (byte b : Frames.concat(frames)) {
            out.write(b);
        }
        return this;
    }

    /** Sends so many bytes of filling without ever holding them all. */
    public ScriptedSession sendFilling(long bytes) throws IOException {
        byte[] piece = new byte[PIECE];
        Arrays.fill(piece, (byte) 'x');
        for (long left = bytes; left > 0; left -= PIECE) {
            out.write(piece, 0, (int) Math.min(left, PIECE));
        }
        return this;
    }

    /** Streams a DataRow with one column of so many bytes. */
    public ScriptedSession sendHugeRow(int columnBytes) throws IOException {
        send(new FrameWriter()
                .raw(Frames.header('D', 4 + 2 + 4 + columnBytes))
                .int16(1)
                .int32(columnBytes)
                .bytes());
        return sendFilling(columnBytes);
    }

    /** Reads a message without a type, as all are before login. */
    public Startup readStartup() throws IOException {
        int length = in.readInt();
        if (length < 8 || length > LONGEST_MESSAGE) {
            throw new AssertionError("a startup message of length " + length);
        }
        int code = in.readInt();
        return new Startup(code, in.readNBytes(length - 8));
    }

    /** Plays a server that trusts everybody: refuses encryption, takes the StartupMessage, and is ready for queries. */
    public Startup acceptLogin() throws IOException {
        Startup startup = readStartup();
        while (startup.code() == Frames.SSL_REQUEST_CODE || startup.code() == Frames.GSS_ENC_REQUEST_CODE) {
            out.write('N');
            startup = readStartup();
        }
        send(
                BackendFrames.authenticationOk(),
                BackendFrames.parameterStatus("server_version", "18.0"),
                BackendFrames.parameterStatus("server_encoding", "UTF8"),
                BackendFrames.parameterStatus("client_encoding", "UTF8"),
                BackendFrames.parameterStatus("standard_conforming_strings", "on"),
                BackendFrames.parameterStatus("integer_datetimes", "on"),
                BackendFrames.backendKeyData(1, new byte[] {1, 2, 3, 4}),
                BackendFrames.readyForQuery('I'));
        return startup;
    }

    /** Reads one message. */
    public Message read() throws IOException {
        try {
            char type = (char) in.readUnsignedByte();
            int length = in.readInt();
            if (length < 4 || length > LONGEST_MESSAGE) {
                throw new AssertionError("a message of type " + type + " with length " + length);
            }
            byte[] body = new byte[length - 4];
            in.readFully(body);
            return new Message(type, body);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("waited in vain for a message from the client", e);
        }
    }

    /** Reads messages up to and with the first one of this type. */
    public List<Message> readUntil(char type) throws IOException {
        List<Message> messages = new ArrayList<>();
        do {
            messages.add(read());
        } while (messages.get(messages.size() - 1).type() != type);
        return messages;
    }

    /** Reads and forgets everything until the other side closes. */
    public void drain() throws IOException {
        in.transferTo(OutputStream.nullOutputStream());
    }

    /** Closes with a TCP reset. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
