package org.pgweir.testkit;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/** TLS over another link, as the client. An engine and not a socket, because a Unix socket's channel has no socket to wrap. */
final class TlsLink implements Link {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Link raw;
    private final SSLEngine engine;
    private final ByteBuffer cipherIn;
    private final ByteBuffer plainIn;
    private final ByteBuffer cipherOut;

    TlsLink(Link raw, SSLEngine engine) {
        this.raw = raw;
        this.engine = engine;
        int packet = engine.getSession().getPacketBufferSize();
        cipherIn = ByteBuffer.allocate(2 * packet).flip();
        plainIn = ByteBuffer.allocate(2 * engine.getSession().getApplicationBufferSize())
                .flip();
        cipherOut = ByteBuffer.allocate(packet);
    }

    void handshake(Duration timeout) throws IOException {
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_WRAP:
                    wrap(NOTHING, timeout);
                    break;
                case NEED_UNWRAP:
                    if (!unwrap(timeout)) {
                        throw new EOFException("closed during the TLS handshake");
                    }
                    break;
                case NEED_TASK:
                    engine.getDelegatedTask().run();
                    break;
                default:
                    return;
            }
        }
    }

    @Override
    public int read(ByteBuffer into, Duration timeout) throws IOException {
        while (!plainIn.hasRemaining()) {
            if (!unwrap(timeout)) {
                return -1;
            }
        }
        int n = Math.min(into.remaining(), plainIn.remaining());
        into.put(plainIn.slice().limit(n));
        plainIn.position(plainIn.position() + n);
        return n;
    }

    @Override
    public void write(ByteBuffer from, Duration timeout) throws IOException {
        while (from.hasRemaining()) {
            if (engine.isOutboundDone()) {
                throw new EOFException("the TLS session has ended");
            }
            wrap(from, timeout);
        }
    }

    /** Decrypts one record, which may hold no data; false at the end of the stream. */
    private boolean unwrap(Duration timeout) throws IOException {
        while (true) {
            plainIn.compact();
            SSLEngineResult result;
            try {
                result = engine.unwrap(cipherIn, plainIn);
            } catch (SSLException e) {
                sayWhy(timeout);
                throw e;
            } finally {
                plainIn.flip();
            }
            if (result.getStatus() == Status.CLOSED) {
                return false;
            }
            if (result.getStatus() != Status.BUFFER_UNDERFLOW) {
                if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                    engine.getDelegatedTask().run();
                }
                return true;
            }
            cipherIn.compact();
            try {
                if (raw.read(cipherIn, timeout) < 0) {
                    return false;
                }
            } finally {
                cipherIn.flip();
            }
        }
    }

    private synchronized void wrap(ByteBuffer from, Duration timeout) throws IOException {
        engine.wrap(from, cipherOut.clear());
        raw.write(cipherOut.flip(), timeout);
    }

    /** Sends the alert that the engine has ready after a failure. */
    private void sayWhy(Duration timeout) throws IOException {
        if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            wrap(NOTHING, timeout);
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        engine.closeOutbound();
        wrap(NOTHING, WireClient.DEFAULT_TIMEOUT);
        raw.shutdownOutput();
    }

    @Override
    public void abort() throws IOException {
        raw.abort();
    }

    @Override
    public void close() throws IOException {
        raw.close();
    }
}
