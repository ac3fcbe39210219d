package org.pgweir.proxy.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.pgweir.config.Setting;
import org.pgweir.config.SettingValues;
import org.pgweir.config.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sockets on which clients arrive: those that the configuration names, or those that the service manager has passed. Any thread. */
public final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

    private final Loops loops;
    private final Listener.Arrivals arrivals;
    private final List<Listener> open = new ArrayList<>();

    public Listeners(Loops loops, Listener.Arrivals arrivals) {
        this.loops = loops;
        this.arrivals = arrivals;
    }

    /**
     * Opens all of them; where this fails, some may be open.
     *
     * @param passedSockets file descriptors of sockets that are open already; if there are any, none is opened
     * @throws IOException with a message for the operator
     */
    public synchronized void open(SettingValues settings, List<Integer> passedSockets) throws IOException {
        Listener.Options options = options(settings);
        if (passedSockets.isEmpty()) {
            openConfigured(settings, options);
        } else {
            for (Setting<?> ignored : List.of(Settings.LISTEN_ADDR, Settings.UNIX_SOCKET_DIR)) {
                if (settings.isSet(ignored) && !settings.shown(ignored).isEmpty()) {
                    LOG.warn("sockets passed from service manager, {} ignored", ignored);
                }
            }
            for (int descriptor : passedSockets) {
                open.add(Listener.adopt(loops, descriptor, options, arrivals));
            }
        }
        open.forEach(listener -> LOG.info("listening on {}", listener));
    }

    private void openConfigured(SettingValues settings, Listener.Options options) throws IOException {
        int port = settings.get(Settings.LISTEN_PORT);
        open.addAll(Listener.openTcp(loops, settings.get(Settings.LISTEN_ADDR), port, options, arrivals));
        String folder = settings.get(Settings.UNIX_SOCKET_DIR);
        if (!folder.isEmpty()) {
            Listener.FileAccess access = new Listener.FileAccess(
                    settings.get(Settings.UNIX_SOCKET_MODE), settings.get(Settings.UNIX_SOCKET_GROUP));
            open.add(Listener.openUnix(loops, folder, port(port), access, options, arrivals));
        }
        if (open.isEmpty()) {
            throw new IOException("nothing to listen on: set listen_addr or unix_socket_dir");
        }
    }

    private static Listener.Options options(SettingValues settings) {
        return new Listener.Options(
                settings.get(Settings.LISTEN_BACKLOG),
                settings.get(Settings.TCP_DEFER_ACCEPT),
                settings.get(Settings.SO_REUSEPORT),
                TcpOptions.of(settings));
    }

    /** Other settings hold for clients that come from now on, as far as open sockets can take them. */
    public synchronized void configure(SettingValues settings) {
        open.forEach(listener -> listener.configure(options(settings)));
    }

    /** The TCP port of the first one, which the kernel has chosen if 0 was configured; the configured one if there is none. */
    public synchronized int port(int configured) {
        for (Listener listener : open) {
            if (listener.address() instanceof InetSocketAddress inet) {
                return inet.getPort();
            }
        }
        return configured;
    }

    public synchronized List<Listener> all() {
        return List.copyOf(open);
    }

    /** Stops listening there; those who are connected stay. */
    public void close(Predicate<Listener> which) {
        List<Listener> closing;
        synchronized (this) {
            closing = open.stream().filter(which).toList();
            open.removeAll(closing);
        }
        closing.forEach(Listener::close);
    }
}
