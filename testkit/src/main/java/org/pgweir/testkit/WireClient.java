package org.pgweir.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/**
 * A PostgreSQL frontend that does exactly what it is told: it sends the bytes it is given (see {@link Frames}) and returns the
 * messages that come. Blocking; one thread may read while another sends.
 *
 * <p>A wait of more than the timeout (10 s without progress) fails with an AssertionError that says what was waited for and what
 * had come until then. A closed connection is a {@link WireClosed}, an ErrorResponse in {@link #query} and {@link #login} a
 * {@link WireError}.
 */
public final class WireClient implements AutoCloseable {

    /** No progress for this long is a failure, unless {@link #timeout(Duration)} says otherwise. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    /** Longer messages are skipped with {@link #readHeader} and {@link #skip}, not held in memory. */
    private static final int LONGEST_MESSAGE = 256 << 20;

    private static final int REMEMBERED_TYPES = 60;

    private Link link;
    private final ByteBuffer in = ByteBuffer.allocate(1 << 16).flip();
    private final StringBuilder received = new StringBuilder();
    private final Map<String, String> parameters = new LinkedHashMap<>();
    private Duration timeout = DEFAULT_TIMEOUT;
    private int backendPid;
    private byte[] backendSecret = {};
    private char transactionStatus = '?';
    private Message negotiation;

    private WireClient(Link link) {
        this.link = link;
    }

    /** What is known of a message before its body: its type and the length of the body in bytes. */
    public record Header(char type, int bodyLength) {}

    // Connecting

    /** Connects over TCP and sends nothing. */
    public static WireClient connect(String host, int port) {
        return connect(new InetSocketAddress(host, port));
    }

    /** Connects to a Unix socket and sends nothing. */
    public static WireClient connect(Path socket) {
        return connect(UnixDomainSocketAddress.of(socket));
    }

    public static WireClient connect(SocketAddress address) {
        try {
            return new WireClient(SocketLink.connect(address, DEFAULT_TIMEOUT));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot connect to " + address + ": " + e.getMessage(), e);
        }
    }

    /** Sends a CancelRequest on a connection of its own and waits until the other side has closed it. */
    public static void cancel(String host, int port, int pid, byte[] secret) {
        try (WireClient canceller = connect(host, port)) {
            canceller.send(Frames.cancelRequest(pid, secret));
            canceller.expectClosed();
        }
    }

    /** How long to wait for progress from now on. */
    public WireClient timeout(Duration timeout) {
        this.timeout = timeout;
        return this;
    }

    // Login

    /** Sends a StartupMessage of protocol 3.0. */
    public WireClient startup(Map<String, String> parameters) {
        return startup(Frames.PROTOCOL_3_0, parameters);
    }

    /** Sends a StartupMessage. */
    public WireClient startup(int protocol, Map<String, String> parameters) {
        return send(Frames.startup(protocol, parameters));
    }

    /** Logs in with protocol 3.0 and reads until the first ReadyForQuery. */
    public WireClient login(String user, String password, String database) {
        return login(Frames.PROTOCOL_3_0, user, password, database, Map.of());
    }

    /** Logs in with protocol 3.0 and more startup parameters, and reads until the first ReadyForQuery. */
    public WireClient login(String user, String password, String database, Map<String, String> more) {
        return login(Frames.PROTOCOL_3_0, user, password, database, more);
    }

    /** Logs in with a chosen protocol version. */
    public WireClient login(int protocol, String user, String password, String database, Map<String, String> more) {
        Map<String, String> startup = new LinkedHashMap<>();
        startup.put("user", user);
        startup.put("database", database);
        startup.putAll(more);
        startup(protocol, startup);
        return authenticate(user, password);
    }

    /**
     * Answers what the server asks after a StartupMessage, until ReadyForQuery: nothing, a cleartext or MD5 password, or
     * SCRAM-SHA-256.
     *
     * @throws WireError when the server refuses
     */
    public WireClient authenticate(String user, String password) {
        new Login(this, user, password).run();
        return this;
    }

    /** Sends an SSLRequest and returns the single byte of the answer. */
    public char requestSsl() {
        send(Frames.sslRequest());
        return readByte("the answer to SSLRequest");
    }

    /** TLS from here on: behind the answer S to an SSLRequest, or at once for direct TLS. */
    public WireClient startTls(SSLContext context) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        return startTls(engine);
    }

    /** TLS with an engine in client mode whose parameters (ALPN, server name, protocols) the test has chosen. */
    public WireClient startTls(SSLEngine engine) {
        if (in.hasRemaining()) {
            throw new AssertionError(in.remaining() + " bytes came in clear text before the TLS handshake");
        }
        TlsLink tls = new TlsLink(link, engine);
        try {
            tls.handshake(timeout);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("waited " + timeout.toMillis() + " ms in vain for the TLS handshake", e);
        } catch (IOException e) {
            throw new WireClosed("the TLS handshake failed: " + e.getMessage(), e);
        }
        link = tls;
        return this;
    }

    // Sending

    /** Sends the frames in one write. */
    public WireClient send(byte[]... frames) {
        ByteBuffer all = ByteBuffer.wrap(frames.length == 1 ? frames[0] : Frames.concat(frames));
        try {
            link.write(all, timeout);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the other side took none of the last " + all.remaining() + " bytes in "
                    + timeout.toMillis() + " ms");
        } catch (IOException e) {
            throw new WireClosed("the connection was closed while sending; received so far: " + received, e);
        }
        return this;
    }

    /** Sends one byte a write. */
    public WireClient sendSlowly(byte[]... frames) {
        for (byte b : Frames.concat(frames)) {
            send(new byte[] {b});
        }
        return this;
    }

    /** Sends the end of the stream; reading goes on. */
    public WireClient shutdownOutput() {
        try {
            link.shutdownOutput();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // Reading

    /** Reads one message. */
    public Message read() {
        return read("a message");
    }

    Message read(String what) {
        Header header = readHeader(what);
        Message message = new Message(header.type(), readBytes(header.bodyLength()));
        note(message);
        return message;
    }

    /** Reads messages up to and with the first one of this type. */
    public List<Message> readUntil(char type) {
        List<Message> messages = new ArrayList<>();
        Message message;
        do {
            message = read("a message of type " + type);
            messages.add(message);
        } while (message.type() != type);
        return messages;
    }

    /**
     * Reads as many messages as the pattern says and fails at the first one that does not fit.
     *
     * @param pattern types, separated by spaces, for example {@code "1 2 D* C Z"}: {@code *} means any number, {@code +} at least
     *     one, {@code ?} one or none. Every message counts, notices and ParameterStatus too. The last type must stand alone, since
     *     only a further message ends a repetition
     */
    public List<Message> expect(String pattern) {
        return new Expectation(pattern).read(this);
    }

    /** Reads the type and the length of a message; the body must be read with {@link #readBytes} or {@link #skip}. */
    public Header readHeader() {
        return readHeader("a message");
    }

    private Header readHeader(String what) {
        char type = readByte(what);
        byte[] length = readBytes(4);
        int declared = ByteBuffer.wrap(length).getInt();
        if (declared < 4) {
            throw new AssertionError("a message of type " + type + " with length " + declared);
        }
        remember(type);
        return new Header(type, declared - 4);
    }

    /** Reads one byte outside of any message. */
    public char readByte() {
        return readByte("a byte");
    }

    private char readByte(String what) {
        if (!fill(what)) {
            throw new WireClosed("closed while waiting for " + what + "; received so far: " + received);
        }
        return (char) (in.get() & 0xff);
    }

    /** Reads exactly so many bytes. */
    public byte[] readBytes(int count) {
        if (count > LONGEST_MESSAGE) {
            throw new AssertionError("a message of " + count + " bytes, received so far: " + received);
        }
        byte[] bytes = new byte[count];
        int at = 0;
        while (at < count) {
            more(count - at);
            int n = Math.min(in.remaining(), count - at);
            in.get(bytes, at, n);
            at += n;
        }
        return bytes;
    }

    /** Reads so many bytes and forgets them. */
    public void skip(long count) {
        long left = count;
        while (left > 0) {
            more(left);
            int n = (int) Math.min(in.remaining(), left);
            in.position(in.position() + n);
            left -= n;
        }
    }

    /** Whether not a single byte comes, and the connection is not closed, for this long. */
    public boolean isQuietFor(Duration duration) {
        if (in.hasRemaining()) {
            return false;
        }
        try {
            int n = link.read(in.clear(), duration);
            in.flip();
            return n == 0;
        } catch (SocketTimeoutException quiet) {
            in.limit(0);
            return true;
        } catch (IOException e) {
            in.limit(0);
            return false;
        }
    }

    /** Passes when the next thing that comes is the end of the connection, orderly or by a reset. */
    public void expectClosed() {
        boolean more;
        try {
            more = fill("the end of the connection");
        } catch (WireClosed reset) {
            return;
        }
        if (more) {
            throw new AssertionError("expected the end of the connection, got "
                    + (in.remaining() >= 5 ? read().toString() : in.remaining() + " bytes"));
        }
    }

    private void more(long missing) {
        if (!fill("the rest of a message, " + missing + " bytes")) {
            throw new WireClosed("closed " + missing + " bytes before the end of a message; received: " + received);
        }
    }

    /** Makes sure that there is a byte to read; false at the end of the stream. */
    private boolean fill(String what) {
        if (in.hasRemaining()) {
            return true;
        }
        in.clear();
        try {
            return link.read(in, timeout) >= 0;
        } catch (SocketTimeoutException e) {
            throw new AssertionError(
                    "waited " + timeout.toMillis() + " ms in vain for " + what + "; received so far: " + received);
        } catch (IOException e) {
            throw new WireClosed("broken while waiting for " + what + "; received so far: " + received, e);
        } finally {
            in.flip();
        }
    }

    private void note(Message message) {
        switch (message.type()) {
            case 'S':
                parameters.put(message.cstring(0), message.cstring(message.endOfCstring(0)));
                break;
            case 'K':
                backendPid = message.int32(0);
                backendSecret = Arrays.copyOfRange(message.body(), 4, message.body().length);
                break;
            case 'Z':
                transactionStatus = message.rfqStatus();
                break;
            case 'v':
                negotiation = message;
                break;
            default:
                break;
        }
    }

    private void remember(char type) {
        received.append(type).append(' ');
        if (received.length() > 2 * REMEMBERED_TYPES) {
            received.delete(0, 2);
        }
    }

    // Whole exchanges

    /**
     * Sends a simple query and returns the rows of all its results, as text.
     *
     * @throws WireError for the first ErrorResponse, after ReadyForQuery has come
     */
    public List<List<String>> query(String sql) {
        return rowsOf(send(Frames.query(sql)).readUntil('Z'));
    }

    /**
     * Runs one statement with the extended protocol, with the unnamed statement and portal, text parameters and one Sync.
     *
     * @throws WireError for the first ErrorResponse, after ReadyForQuery has come
     */
    public List<List<String>> queryExtended(String sql, String... parameters) {
        send(Frames.parse("", sql), Frames.bind("", "", parameters), Frames.execute(""), Frames.sync());
        return rowsOf(readUntil('Z'));
    }

    private static List<List<String>> rowsOf(List<Message> messages) {
        List<List<String>> rows = new ArrayList<>();
        for (Message message : messages) {
            if (message.type() == 'E') {
                throw new WireError(message.asError());
            }
            if (message.type() == 'D') {
                rows.add(message.row());
            }
        }
        return rows;
    }

    // What the server has told

    /** The latest ParameterStatus of every name. */
    public Map<String, String> parameterStatus() {
        return Collections.unmodifiableMap(parameters);
    }

    public String parameterStatus(String name) {
        return parameters.get(name);
    }

    /** The process id of BackendKeyData, 0 before that. */
    public int backendPid() {
        return backendPid;
    }

    /** The secret of BackendKeyData: 4 bytes in protocol 3.0, up to 256 in 3.2, none before that. */
    public byte[] backendSecret() {
        return backendSecret.clone();
    }

    /** The status of the last ReadyForQuery: I, T or E; a question mark before the first. */
    public char transactionStatus() {
        return transactionStatus;
    }

    /** The version in NegotiateProtocolVersion, or 0 when none came. */
    public int negotiatedProtocol() {
        return negotiation == null ? 0 : negotiation.int32(0);
    }

    /** The protocol options that NegotiateProtocolVersion named as unknown. */
    public List<String> unknownProtocolOptions() {
        List<String> names = new ArrayList<>();
        if (negotiation != null) {
            int at = 8;
            for (int i = negotiation.int32(4); i > 0; i--) {
                names.add(negotiation.cstring(at));
                at = negotiation.endOfCstring(at);
            }
        }
        return names;
    }

    // The end

    /** Closes with a TCP reset, as a crashed client does. */
    public void abort() {
        try {
            link.abort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes the connection without a Terminate; send {@link Frames#terminate()} first for a polite end. */
    @Override
    public void close() {
        try {
            link.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
