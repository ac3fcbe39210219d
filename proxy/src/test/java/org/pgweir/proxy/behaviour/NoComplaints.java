package org.pgweir.proxy.behaviour;

import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a class during which Netty warned of something, a leaked buffer above all, or an exception came as far as the log. */
final class NoComplaints implements BeforeAllCallback, AfterAllCallback {
    /** Enough for Netty to look after leaks that the garbage collector has found. */
    private static final int PROBES = 64;

    /** On io_uring, of a channel that reads its end while its loop is being destroyed at the end of a pooler. Netty's own, 4.2.18. */
    private static final String END_OF_A_LOOP = "Can't invoke task later as EventLoop rejected it";

    /** JUL forgets loggers that nobody holds. */
    private static final Logger ROOT = Logger.getLogger("");

    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final Handler listener = new Handler() {
        @Override
        public void publish(LogRecord event) {
            boolean loud = event.getLevel().intValue() >= Level.WARNING.intValue();
            boolean ofNetty =
                    event.getLoggerName() != null && event.getLoggerName().startsWith("io.netty");
            if (String.valueOf(event.getMessage()).startsWith(END_OF_A_LOOP)) {
                return;
            }
            if (loud && (ofNetty || event.getThrown() != null)) {
                complaints.add(event.getLoggerName() + ": " + event.getMessage() + " " + event.getThrown());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @Override
    public void beforeAll(ExtensionContext context) {
        ROOT.addHandler(listener);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        System.gc();
        for (int i = 0; i < PROBES; i++) {
            PooledByteBufAllocator.DEFAULT.directBuffer(1).release();
        }
        ROOT.removeHandler(listener);
        if (!complaints.isEmpty()) {
            throw new AssertionError(String.join("\n", complaints));
        }
    }
}
