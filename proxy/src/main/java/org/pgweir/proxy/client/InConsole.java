package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.ProtocolViolation;

/** The client talks to the console: one message after the other. */
final class InConsole implements ClientPhase {
    private static final int LONGEST_MESSAGE = 64 * 1024;

    private final Client client;
    private final Console.Session session;
    private final Inbox inbox = new Inbox(LONGEST_MESSAGE);
    private boolean busy;
    private boolean reading;
    private boolean left;

    InConsole(Client client) {
        this.client = client;
        session = client.services().console().open(client, this::send);
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        try {
            inbox.add(bytes);
            readOn();
        } catch (ProtocolViolation e) {
            client.fail(ClientErrors.violation(e.getMessage()));
        }
    }

    /** A message that is answered at once must not lead to the next one deeper on the stack. */
    private void readOn() throws ProtocolViolation {
        if (reading) {
            return;
        }
        reading = true;
        try {
            boolean more = true;
            while (more && !busy && !left && !inbox.isEmpty()) {
                more = next();
            }
        } finally {
            reading = false;
        }
    }

    private boolean next() throws ProtocolViolation {
        ByteBuf pending = inbox.bytes();
        byte type = pending.getByte(pending.readerIndex());
        if (!Frontend.SERVING.contains(type)) {
            throw new ProtocolViolation("unexpected message type");
        }
        ByteBuf body = inbox.next(type);
        if (body == null) {
            return false;
        }
        if (type == Frontend.TERMINATE) {
            client.close("client close request");
            return false;
        }
        busy = true;
        session.onMessage(type, body, this::answered);
        return true;
    }

    private void answered() {
        busy = false;
        try {
            readOn();
        } catch (ProtocolViolation e) {
            client.fail(ClientErrors.violation(e.getMessage()));
        }
    }

    private void send(ByteBuf answer) {
        if (left) {
            answer.release();
        } else {
            client.send(answer);
        }
    }

    void cancel() {
        session.cancel();
    }

    @Override
    public void tick(Client of, long nowNanos) {}

    @Override
    public void leave(long nowNanos) {
        left = true;
        inbox.release();
        session.close();
    }

    @Override
    public boolean isLoggedIn() {
        return true;
    }
}
