package org.pgweir.proxy;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import java.util.regex.Pattern;

/** Where the log goes and how a line looks: {@code 2026-11-21 05:57:24.145 UTC [pid] LEVEL message}. */
final class LogSetup {
    private static Handler fileHandler;

    private LogSetup() {}

    /** To standard error only. */
    static void toStandardError() {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(Level.INFO);
        root.addHandler(new FlushingHandler(System.err));
        // Netty looks for optional things at its start and tells at length what it does not find.
        Logger.getLogger("io.netty").setLevel(Level.WARNING);
    }

    /**
     * To a file as well; opens it anew if it was open.
     *
     * @param file empty for none
     * @param verbose 0: what operators need; from 1 on more
     */
    static synchronized void toFile(String file, int verbose) throws IOException {
        Logger root = Logger.getLogger("");
        Handler fresh = file.isEmpty() ? null : new FlushingHandler(new FileOutputStream(file, true));
        root.setLevel(verbose > 1 ? Level.FINEST : verbose > 0 ? Level.FINE : Level.INFO);
        if (fresh != null) {
            root.addHandler(fresh);
        }
        if (fileHandler != null) {
            root.removeHandler(fileHandler);
            fileHandler.close();
        }
        fileHandler = fresh;
    }

    private static final class FlushingHandler extends StreamHandler {
        FlushingHandler(OutputStream out) {
            super(out, new LineFormatter());
            setLevel(Level.ALL);
        }

        @Override
        public synchronized void publish(LogRecord record) {
            super.publish(record);
            flush();
        }
    }

    private static final class LineFormatter extends Formatter {
        private static final DateTimeFormatter TIME =
                DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS 'UTC'").withZone(ZoneOffset.UTC);

        private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

        private final long processId = ProcessHandle.current().pid();

        @Override
        public String format(LogRecord record) {
            StringBuilder line = new StringBuilder(128)
                    .append(TIME.format(Instant.ofEpochMilli(record.getMillis())))
                    .append(" [")
                    .append(processId)
                    .append("] ")
                    .append(levelName(record.getLevel()))
                    .append(' ')
                    .append(onOneLine(formatMessage(record)))
                    .append('\n');
            if (record.getThrown() != null) {
                StringWriter trace = new StringWriter();
                record.getThrown().printStackTrace(new PrintWriter(trace));
                line.append(trace);
            }
            return line.toString();
        }

        /** Names and messages of strangers are in there: none of them may begin a line of its own. */
        private static String onOneLine(String message) {
            for (int i = 0; i < message.length(); i++) {
                if (Character.isISOControl(message.charAt(i))) {
                    return CONTROL.matcher(message).replaceAll("?");
                }
            }
            return message;
        }

        /** PgBouncer's names. */
        private static String levelName(Level level) {
            int value = level.intValue();
            if (value >= Level.SEVERE.intValue()) {
                return "ERROR";
            } else if (value >= Level.WARNING.intValue()) {
                return "WARNING";
            } else if (value >= Level.INFO.intValue()) {
                return "LOG";
            }
            return "DEBUG";
        }
    }

    /** Before the process ends. */
    static void flush() {
        for (Handler handler : Logger.getLogger("").getHandlers()) {
            handler.flush();
        }
    }
}
