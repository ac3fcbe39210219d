package org.pgweir.proxy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.pgweir.testkit.KnownSecrets;

/**
 * Reads all that the poolers of all tests log, also what is so quiet that nobody sees it, and fails the test during which a secret was
 * logged. JUnit finds it by itself.
 */
public final class SecretsStayOutOfLogs implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    private static final Logger ROOT = Logger.getLogger("");

    /** Held, since the JDK forgets the level of a logger that nobody holds. */
    private static final Logger OURS = Logger.getLogger("org.pgweir");

    private static final Reader READER = new Reader();

    /** Collects where secrets were. */
    static final class Reader extends Handler {
        private final Formatter formatter = new SimpleFormatter();
        private final LinkedBlockingQueue<String> found = new LinkedBlockingQueue<>();

        Reader() {
            setLevel(Level.ALL);
        }

        @Override
        public void publish(LogRecord event) {
            String where = KnownSecrets.in(formatter.formatMessage(event) + thrown(event));
            if (where != null) {
                found.add(event.getLoggerName() + ": " + where);
            }
        }

        private static String thrown(LogRecord event) {
            StringWriter text = new StringWriter();
            if (event.getThrown() != null) {
                event.getThrown().printStackTrace(new PrintWriter(text));
            }
            return text.toString();
        }

        /** Those that were not taken yet. */
        List<String> take() {
            List<String> taken = new ArrayList<>();
            found.drainTo(taken);
            return taken;
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        OURS.setLevel(Level.ALL);
        if (!List.of(ROOT.getHandlers()).contains(READER)) {
            ROOT.addHandler(READER);
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        assertNothingFound();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        assertNothingFound();
    }

    private static void assertNothingFound() {
        List<String> found = READER.take();
        if (!found.isEmpty()) {
            throw new AssertionError("a secret was logged: " + String.join("; ", found));
        }
    }
}
