package org.pgweir.proxy.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.pgweir.config.SyslogFacility;

/**
 * Writes the log to syslog as syslog(3) does: {@code <priority>Mmm dd hh:mm:ss ident[pid]: message}, the host left out since it is this
 * one. What nobody takes is lost, as there: the log must not hold up anybody.
 */
final class SyslogHandler extends Handler {
    /** Where the system's syslog listens; some systems have it elsewhere. */
    static final String SOCKET = System.getProperty("pgweir.syslog", "/dev/log");

    private static final int LONGEST = 8192;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());

    private final UnixDatagrams socket;
    private final SyslogFacility facility;
    private final String sender;
    private final Formatter messages = new SimpleFormatter();

    /** @throws IOException if this machine cannot send to Unix sockets */
    SyslogHandler(String path, String ident, SyslogFacility facility) throws IOException {
        socket = new UnixDatagrams(path);
        this.facility = facility;
        sender = ident + "[" + ProcessHandle.current().pid() + "]: ";
        setLevel(Level.ALL);
    }

    @Override
    public void publish(LogRecord event) {
        String line = "<" + (facility.number() * 8 + severity(event.getLevel())) + ">"
                + TIME.format(Instant.ofEpochMilli(event.getMillis())) + " " + sender
                + LogLine.onOneLine(messages.formatMessage(event))
                + (event.getThrown() == null
                        ? ""
                        : ": " + LogLine.onOneLine(event.getThrown().toString()));
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        try {
            socket.send(bytes.length > LONGEST ? Arrays.copyOf(bytes, LONGEST) : bytes);
        } catch (IOException e) {
            // Syslog is being started anew, or there is none; the log itself is no place to tell.
        }
    }

    private static int severity(Level level) {
        int value = level.intValue();
        if (value >= LogLine.FATAL.intValue()) {
            return 2;
        } else if (value >= Level.SEVERE.intValue()) {
            return 3;
        } else if (value >= Level.WARNING.intValue()) {
            return 4;
        }
        return value >= Level.INFO.intValue() ? 6 : 7;
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It is not used any more.
        }
    }
}
