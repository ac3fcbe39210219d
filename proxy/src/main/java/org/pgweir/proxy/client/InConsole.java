package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.ProtocolViolation;

/** The client talks to the console: one command after the other. */
final class InConsole implements ClientPhase {
    private static final int LONGEST_COMMAND = 64 * 1024;

    private final Client client;
    private final Inbox inbox = new Inbox(LONGEST_COMMAND);
    private boolean busy;
    private boolean left;

    InConsole(Client client) {
        this.client = client;
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        try {
            inbox.add(bytes);
            next();
        } catch (ProtocolViolation e) {
            client.fail(ClientErrors.violation(e.getMessage()));
        }
    }

    private void next() throws ProtocolViolation {
        if (busy || left || inbox.isEmpty()) {
            return;
        }
        ByteBuf pending = inbox.bytes();
        byte type = pending.getByte(pending.readerIndex());
        if (type == Frontend.TERMINATE) {
            client.close("client close request");
            return;
        }
        if (type != Frontend.QUERY) {
            client.fail(ClientErrors.CONSOLE_SIMPLE_ONLY);
            return;
        }
        ByteBuf body = inbox.next(Frontend.QUERY);
        if (body == null) {
            return;
        }
        int end = body.bytesBefore((byte) 0);
        if (end < 0) {
            throw new ProtocolViolation("a query has no end");
        }
        String command = body.toString(body.readerIndex(), end, StandardCharsets.UTF_8);
        busy = true;
        client.services().console().execute(client, command, this::answered);
    }

    private void answered(ByteBuf answer) {
        if (left) {
            answer.release();
            return;
        }
        busy = false;
        client.send(answer);
        try {
            next();
        } catch (ProtocolViolation e) {
            client.fail(ClientErrors.violation(e.getMessage()));
        }
    }

    @Override
    public void leave(long nowNanos) {
        left = true;
        inbox.release();
    }

    @Override
    public boolean isLoggedIn() {
        return true;
    }
}
