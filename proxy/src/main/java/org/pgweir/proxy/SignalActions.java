package org.pgweir.proxy;

import java.util.List;
import java.util.Map;
import org.pgweir.config.ConfigurationException;
import org.pgweir.proxy.admin.ProcessControl.Shutdown;
import org.pgweir.proxy.process.EarlySignals;
import org.pgweir.proxy.process.ServiceManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What PgBouncer does on signals, with its lines in the log. SIGQUIT is the JVM's: it prints where all threads are. Runs on the JVM's
 * thread for signals.
 */
final class SignalActions {
    private static final Logger LOG = LoggerFactory.getLogger(SignalActions.class);

    private final Pgweir pgweir;
    private final ServiceManager serviceManager;
    private final String status;

    SignalActions(Pgweir pgweir, ServiceManager serviceManager, String status) {
        this.pgweir = pgweir;
        this.serviceManager = serviceManager;
        this.status = status;
    }

    /** From here on no signal ends the process but in order, and with a line in the log. */
    static EarlySignals remember() {
        return EarlySignals.remember(List.of("HUP", "USR1", "USR2"), List.of("TERM", "INT"), SignalActions::leave);
    }

    /** What the start has written is replaced by the next one. */
    private static void leave(String signal) {
        LOG.info("got SIG{} again while starting, fast exit", signal);
        System.exit(0);
    }

    /** @param early what has come since {@link #remember} */
    void listen(EarlySignals early) {
        early.act(Map.of(
                "HUP",
                this::reload,
                "USR1",
                this::pause,
                "USR2",
                this::resume,
                "TERM",
                () -> shutdown(
                        "SIGTERM", Shutdown.WAIT_FOR_CLIENTS, "shutting down, waiting for all clients disconnect"),
                "INT",
                () -> shutdown(
                        "SIGINT",
                        Shutdown.WAIT_FOR_SERVERS,
                        "shutting down, waiting for all servers connections to be released")));
    }

    private void shutdown(String signal, Shutdown how, String what) {
        boolean again = pgweir.isShuttingDown();
        if (!again && pgweir.isSuspended()) {
            // Clients that are not read cannot leave.
            LOG.info("got {}, {}", signal, what);
            pgweir.shutdown(Shutdown.IMMEDIATE, "suspend was in progress, going down immediately");
            return;
        }
        String line = "got " + signal + (again ? " while shutting down, fast exit" : ", " + what);
        pgweir.shutdown(again ? Shutdown.IMMEDIATE : how, line);
    }

    private void reload() {
        LOG.info("got SIGHUP, re-reading config");
        serviceManager.reloading();
        String result = status;
        try {
            pgweir.reload();
        } catch (ConfigurationException e) {
            LOG.error("reload failed, nothing was changed: {}", e.getMessage());
            result = status + "; the last reload failed, see the log";
        } finally {
            serviceManager.ready(result);
        }
    }

    private void pause() {
        if (pgweir.isShuttingDown()) {
            LOG.info("got SIGUSR1 while shutting down, ignoring");
        } else if (pgweir.isPaused() || pgweir.isSuspended()) {
            LOG.info("got SIGUSR1, but already paused/suspended");
        } else {
            LOG.info("got SIGUSR1, pausing all activity");
            pgweir.pause();
        }
    }

    private void resume() {
        if (pgweir.isShuttingDown()) {
            LOG.info("got SIGUSR2 while shutting down, ignoring");
        } else if (pgweir.isPaused() || pgweir.isSuspended()) {
            LOG.info("got SIGUSR2, continuing from {}", pgweir.isSuspended() ? "SUSPEND" : "PAUSE");
            pgweir.resume();
        } else {
            LOG.info("got SIGUSR2, but not paused/suspended");
        }
    }
}
