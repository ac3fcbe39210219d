package org.pgweir.proxy.process;

import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import org.pgweir.config.LogFormat;
import org.pgweir.config.SettingValues;
import org.pgweir.config.Settings;

/** Where the log goes: standard error, a file, syslog. */
public final class LogSetup {
    private static Handler errorHandler;
    private static Handler fileHandler;
    private static Handler syslogHandler;

    /** Held, since the JDK forgets the level of a logger that nobody holds. */
    private static final Logger CERTIFICATES = Logger.getLogger("jdk.event.security");

    private static final Logger EXIT = Logger.getLogger("java.lang.Runtime");

    private LogSetup() {}

    /** To standard error only, as long as no settings are known. */
    public static void toStandardError() {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(Level.INFO);
        errorHandler = new FlushingHandler(System.err, LogFormat.PGBOUNCER);
        root.addHandler(errorHandler);
        // Netty looks for optional things at its start and tells at length what it does not find.
        Logger.getLogger("io.netty").setLevel(Level.WARNING);
        // Java tells of each certificate that it reads, also of the authorities in its own list.
        CERTIFICATES.setLevel(Level.WARNING);
        // And where in the program it was that ended it.
        EXIT.setLevel(Level.WARNING);
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
        Logger.getLogger("").log(LogLine.FATAL, message);
        flush();
    }

    /**
     * Does what the settings say; opens the file anew if it was open.
     *
     * @param verbose 0: what operators need; from 1 on more
     * @throws IOException if the file cannot be opened, or there are no Unix sockets for syslog; nothing has changed then
     */
    public static synchronized void use(SettingValues settings, int verbose) throws IOException {
        LogFormat format = settings.get(Settings.LOG_FORMAT);
        String file = settings.get(Settings.LOGFILE);
        Handler newFile = file.isEmpty() ? null : new FlushingHandler(open(file), format);
        Handler newSyslog;
        try {
            newSyslog = !settings.get(Settings.SYSLOG)
                    ? null
                    : new SyslogHandler(
                            SyslogHandler.SOCKET,
                            settings.get(Settings.SYSLOG_IDENT),
                            settings.get(Settings.SYSLOG_FACILITY));
        } catch (IOException e) {
            if (newFile != null) {
                newFile.close();
            }
            throw e;
        }
        Logger.getLogger("").setLevel(verbose > 1 ? Level.FINEST : verbose > 0 ? Level.FINE : Level.INFO);
        errorHandler.setFormatter(new LogLine(format));
        fileHandler = replaced(fileHandler, newFile);
        syslogHandler = replaced(syslogHandler, newSyslog);
    }

    private static OutputStream open(String file) throws IOException {
        try {
            return new FileOutputStream(file, true);
        } catch (FileNotFoundException e) {
            throw new IOException("cannot open logfile " + e.getMessage(), e);
        }
    }

    private static Handler replaced(Handler old, Handler fresh) {
        Logger root = Logger.getLogger("");
        if (fresh != null) {
            root.addHandler(fresh);
        }
        if (old != null) {
            root.removeHandler(old);
            old.close();
        }
        return fresh;
    }

    private static final class FlushingHandler extends StreamHandler {
        FlushingHandler(OutputStream out, LogFormat format) {
            super(out, new LogLine(format));
            setLevel(Level.ALL);
        }

        @Override
        public synchronized void publish(LogRecord event) {
            super.publish(event);
            flush();
        }
    }

    /** Before the process ends. */
    public static void flush() {
        for (Handler handler : Logger.getLogger("").getHandlers()) {
            handler.flush();
        }
    }
}
