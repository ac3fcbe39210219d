package org.pgweir.proxy.process;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.regex.Pattern;
import org.pgweir.config.LogFormat;

/** Writes a line of the log in one of the formats. A message is always one line: names and messages of strangers are in there. */
final class LogLine extends Formatter {
    /** PgBouncer's name for what ends the process. */
    static final Level FATAL = new Fatal();

    private static final DateTimeFormatter PGBOUNCER_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS 'UTC'").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter ISO_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private final LogFormat format;
    private final long processId = ProcessHandle.current().pid();

    private static final class Fatal extends Level {
        private static final long serialVersionUID = 1;

        Fatal() {
            super("FATAL", Level.SEVERE.intValue() + 100);
        }
    }

    LogLine(LogFormat format) {
        this.format = format;
    }

    @Override
    public String format(LogRecord event) {
        Instant time = Instant.ofEpochMilli(event.getMillis());
        String message = onOneLine(formatMessage(event));
        return switch (format) {
            case PGBOUNCER ->
                PGBOUNCER_TIME.format(time) + " [" + processId + "] " + levelName(event.getLevel()) + " " + message
                        + "\n" + trace(event);
            case TEXT ->
                String.format("%s %-7s ", ISO_TIME.format(time), levelName(event.getLevel())) + "["
                        + Thread.currentThread().getName() + "] " + shortName(event.getLoggerName()) + ": " + message
                        + "\n" + trace(event);
            case JSON -> json(time, event, message);
        };
    }

    private String json(Instant time, LogRecord event, String message) {
        StringBuilder line = new StringBuilder(256).append('{');
        member(line, "time", ISO_TIME.format(time));
        member(line, "level", levelName(event.getLevel()));
        line.append(",\"pid\":").append(processId);
        member(line, "thread", Thread.currentThread().getName());
        member(line, "logger", String.valueOf(event.getLoggerName()));
        member(line, "message", message);
        if (event.getThrown() != null) {
            member(line, "error", trace(event));
        }
        return line.append("}\n").toString();
    }

    private static void member(StringBuilder line, String name, String value) {
        line.append(line.length() > 1 ? ",\"" : "\"").append(name).append("\":\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                line.append('\\').append(c);
            } else if (c == '\n') {
                line.append("\\n");
            } else if (c < ' ' || Character.isSurrogate(c) && !isInPair(value, i)) {
                line.append(String.format("\\u%04x", (int) c));
            } else {
                line.append(c);
            }
        }
        line.append('"');
    }

    private static boolean isInPair(String value, int i) {
        return Character.isHighSurrogate(value.charAt(i))
                ? i + 1 < value.length() && Character.isLowSurrogate(value.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(value.charAt(i - 1));
    }

    private static String trace(LogRecord event) {
        if (event.getThrown() == null) {
            return "";
        }
        StringWriter trace = new StringWriter();
        event.getThrown().printStackTrace(new PrintWriter(trace));
        return trace.toString();
    }

    private static String shortName(String logger) {
        return logger == null ? "" : logger.substring(logger.lastIndexOf('.') + 1);
    }

    static String onOneLine(String message) {
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
        return value >= Level.FINE.intValue() ? "DEBUG" : "NOISE";
    }
}
