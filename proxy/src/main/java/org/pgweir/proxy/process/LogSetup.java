package org.pgweir.proxy.process;

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
public final class LogSetup {
    private static final Level FATAL = new Fatal();

    private static Handler errorHandler;
    private static Handler fileHandler;

    /** PgBouncer's name for what ends the process. */
    private static final class Fatal extends Level {
        private static final long serialVersionUID = 1;

        Fatal() {
            super("FATAL", Level.SEVERE.intValue() + 100);
        }
    }

    private LogSetup() {}

    /** To standard error only. */
    public static void toStandardError() {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(Level.INFO);
        errorHandler = new FlushingHandler(System.err);
        root.addHandler(errorHandler);
        // Netty looks for optional things at its start and tells at length what it does not find.
        Logger.getLogger("io.netty").setLevel(Level.WARNING);
    }

    /** Standard error gets warnings and errors only. */
    public static void mostlyQuiet() {
        errorHandler.setLevel(Level.WARNING);
    }

    /** Standard error gets nothing any more. */
    public static void quiet() {
        Logger.getLogger("").removeHandler(errorHandler);
    }

    /** Says why the process ends. */
    public static void fatal(String message) {
        Logger.getLogger("").log(FATAL, message);
        flush();
    }

    /**
     * To a file as well; opens it anew if it was open.
     *
     * @param file empty for none
     * @param verbose 0: what operators need; from 1 on more
     */
    public static synchronized void toFile(String file, int verbose) throws IOException {
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
            if (value >= FATAL.intValue()) {
                return "FATAL";
            } else if (value >= Level.SEVERE.intValue()) {
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
    public static void flush() {
        for (Handler handler : Logger.getLogger("").getHandlers()) {
            handler.flush();
        }
    }
}
