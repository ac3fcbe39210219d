package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** One direction of a connection, scanned and forwarded as a relay does it. */
final class Flow {
    private final FrameScanner scanner;
    private final boolean gathering;
    private final Carry carry = new Carry();
    private final ByteArrayOutputStream forwarded = new ByteArrayOutputStream();
    private final List<String> frames = new ArrayList<>();
    private boolean malformed;

    /** @param gathering whether watched frames are kept back until they are whole */
    Flow(FrameTypes known, FrameTypes watched, boolean gathering) {
        scanner = new FrameScanner(known, watched);
        this.gathering = gathering;
    }

    /** Takes ownership. */
    void feed(ByteBuf bytes) {
        ByteBuf in = carry.join(bytes);
        int start = in.readerIndex();
        scanner.begin(in);
        boolean more = !malformed;
        while (more) {
            switch (scanner.next()) {
                case FrameScanner.FRAME -> {
                    if (gathering && !scanner.isWhole()) {
                        carry.keep(in, scanner.frameStart());
                        more = false;
                    } else {
                        frames.add(describe(in));
                        scanner.take();
                    }
                }
                case FrameScanner.CUT_HEADER -> {
                    carry.keep(in, scanner.position());
                    more = false;
                }
                case FrameScanner.MALFORMED -> {
                    malformed = true;
                    more = false;
                }
                default -> more = false;
            }
        }
        byte[] passed = new byte[scanner.position() - start];
        in.getBytes(start, passed);
        forwarded.writeBytes(passed);
        in.release();
    }

    private String describe(ByteBuf in) {
        String head = (char) scanner.type() + ":" + scanner.bodyLength();
        if (!gathering) {
            return head;
        }
        int sum = 0;
        for (int i = scanner.bodyStart(); i < scanner.frameEnd(); i++) {
            sum = 31 * sum + in.getByte(i);
        }
        return head + ":" + Integer.toHexString(sum);
    }

    byte[] forwarded() {
        return forwarded.toByteArray();
    }

    List<String> frames() {
        return frames;
    }

    boolean isMalformed() {
        return malformed;
    }

    /** Whether everything that came has been passed, up to the end of a frame. */
    boolean isAtRest() {
        return scanner.atBoundary() && carry.isEmpty();
    }

    void end() {
        carry.release();
    }
}
