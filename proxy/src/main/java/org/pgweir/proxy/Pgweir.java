package org.pgweir.proxy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.pgweir.config.Configuration;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.config.Setting;
import org.pgweir.config.SettingValues;
import org.pgweir.config.Settings;
import org.pgweir.proxy.admin.AdminConsole;
import org.pgweir.proxy.admin.PoolerMetrics;
import org.pgweir.proxy.admin.ProcessControl;
import org.pgweir.proxy.admin.StatsPeriods;
import org.pgweir.proxy.auth.Hba;
import org.pgweir.proxy.auth.LdapDirectories;
import org.pgweir.proxy.auth.LookedUpSecrets;
import org.pgweir.proxy.auth.ScramKeys;
import org.pgweir.proxy.client.ClientErrors;
import org.pgweir.proxy.client.ClientServices;
import org.pgweir.proxy.client.Clients;
import org.pgweir.proxy.net.Listener;
import org.pgweir.proxy.net.Listeners;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.net.Resolver;
import org.pgweir.proxy.net.ReverseNames;
import org.pgweir.proxy.net.TlsContexts;
import org.pgweir.proxy.net.Transport;
import org.pgweir.proxy.net.Workers;
import org.pgweir.proxy.pool.AuthQueries;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.pool.PoolErrors;
import org.pgweir.proxy.pool.Pools;
import org.pgweir.proxy.pool.UnusedPools;
import org.pgweir.proxy.route.Catalog;
import org.pgweir.proxy.route.Database;
import org.pgweir.proxy.server.ServerConnector;
import org.pgweir.proxy.stats.Counters;
import org.pgweir.proxy.stats.HttpEndpoint;
import org.pgweir.proxy.stats.Logins;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pooler as a whole: assembled, started, reloaded, stopped. May be used from any thread but an event loop. */
public final class Pgweir implements ProcessControl, AutoCloseable {
    /** How long clients may take to read that the pooler goes down. */
    private static final long FAREWELL_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final int LOOK_UPS = 32;

    private static final Logger LOG = LoggerFactory.getLogger(Pgweir.class);

    private final Loops loops;
    private final Workers workers;
    private final Workers keyWorkers;
    private final Workers lookUps;
    private final Resolver resolver;
    private final Hba hba = new Hba(new ReverseNames());
    private final LdapDirectories directories = new LdapDirectories();
    private final ScramKeys scramKeys = new ScramKeys();
    private final Catalog catalog;
    private final Pools pools;
    private final LookedUpSecrets lookedUpSecrets;
    private final Clients clients;
    private final StatsPeriods stats;
    private final AdminConsole console;
    private final PoolerMetrics metrics;
    private HttpEndpoint http;
    private final ClientServices services;
    private volatile TlsContexts tls;
    private final Listeners listeners;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicBoolean ending = new AtomicBoolean();
    private volatile Consumer<Configuration> reloaded = configuration -> {};
    private volatile Consumer<String> stopping = line -> {};
    private volatile Shutdown shutdown;

    private Pgweir(Configuration configuration, Transport transport) throws ConfigurationException {
        int cores = Runtime.getRuntime().availableProcessors();
        int eventLoops = configuration.global().get(Settings.EVENT_LOOPS);
        loops = new Loops(transport, eventLoops == 0 ? cores : eventLoops);
        // Few, so that many logins at once leave the cores to the loops.
        workers = new Workers("pgweir-worker", Math.max(1, cores / 4));
        // Of its own: handshakes must not wait for passwords.
        keyWorkers = new Workers("pgweir-tls", Math.max(1, cores / 4));
        tls = TlsContexts.of(configuration, keyWorkers::run);
        // Of its own: a name server that hangs must not hold up the passwords.
        lookUps = new Workers("pgweir-resolver", LOOK_UPS);
        resolver = new Resolver(transport, lookUps);
        keepNames(configuration.global());
        catalog = new Catalog(configuration);
        ServerConnector connector =
                new ServerConnector(transport, resolver, workers, database -> tls.connector(database));
        pools = new Pools(catalog, loops, connector, scramKeys);
        scramKeys.whenLearnt(pools::mayLogInAgain);
        lookedUpSecrets = new LookedUpSecrets(new AuthQueries(catalog, pools));
        pools.lookUpBy(lookedUpSecrets);
        clients = new Clients(loops);
        stats = new StatsPeriods(loops, catalog, pools);
        console = new AdminConsole(loops, catalog, pools, clients, stats, this);
        Logins logins = new Logins();
        metrics = console.metrics(logins);
        services = new ClientServices(
                catalog,
                pools,
                workers,
                scramKeys,
                lookedUpSecrets,
                clients,
                console,
                logins,
                hba,
                directories,
                () -> tls.acceptor());
        listeners = new Listeners(loops, channel -> clients.arrived(channel, services));
    }

    /**
     * Starts a pooler and opens its sockets.
     *
     * @throws IOException with a message for the operator if a socket cannot be opened or the transport is not there
     * @throws ConfigurationException if a file of TLS, or what is said about it, cannot be used
     */
    public static Pgweir start(Configuration configuration) throws IOException, ConfigurationException {
        return start(configuration, List.of());
    }

    /**
     * As above, on sockets that are open already.
     *
     * @param passedSockets their file descriptors; if there are any, none is opened
     */
    static Pgweir start(Configuration configuration, List<Integer> passedSockets)
            throws IOException, ConfigurationException {
        org.pgweir.config.Transport wanted = configuration.global().get(Settings.TRANSPORT);
        Transport transport = passedSockets.isEmpty() ? chooseTransport(wanted) : transportForPassed(wanted);
        Pgweir pgweir = new Pgweir(configuration, transport);
        try {
            pgweir.openHttp();
            pgweir.listeners.open(configuration.global(), passedSockets);
            pgweir.metrics.listening();
        } catch (IOException | RuntimeException | Error e) {
            pgweir.endProcess();
            throw e;
        }
        pgweir.pools.openForced();
        UnusedPools.watch(pgweir.catalog, pgweir.pools);
        return pgweir;
    }

    /**
     * The line in the log by which operators and scripts know that it runs.
     *
     * @param name with a version
     */
    void tellThatItIsUp(String name) {
        LOG.info(
                "process up: {}, Java {}, {} with {} event loop(s)",
                name,
                Runtime.version().feature(),
                loops.transport().settingName(),
                loops.count());
    }

    private static Transport chooseTransport(org.pgweir.config.Transport wanted) throws IOException {
        if (wanted == org.pgweir.config.Transport.AUTO) {
            Transport best = Transport.best();
            if (best != Transport.IO_URING) {
                LOG.info("using {}: {}", best.settingName(), reason(Transport.IO_URING));
            }
            return best;
        }
        Transport transport = Transport.valueOf(wanted.name());
        if (transport.unavailability() != null) {
            throw new IOException("transport = " + transport.settingName() + " does not work here: " + reason(transport)
                    + "; use transport = auto");
        }
        return transport;
    }

    /** Netty can make a channel out of a descriptor with epoll only. */
    private static Transport transportForPassed(org.pgweir.config.Transport wanted) throws IOException {
        if (Transport.EPOLL.unavailability() != null) {
            throw new IOException("sockets passed from service manager need epoll: " + reason(Transport.EPOLL)
                    + "; start without a socket unit");
        }
        if (wanted != org.pgweir.config.Transport.EPOLL) {
            LOG.info("using epoll: sockets passed from service manager work with no other transport");
        }
        return Transport.EPOLL;
    }

    private static String reason(Transport transport) {
        Throwable cause = transport.unavailability();
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return transport.settingName() + " is not available (" + cause.getMessage() + ")";
    }

    private void openHttp() throws IOException {
        String listen = catalog.configuration().global().get(Settings.HTTP_LISTEN);
        if (!listen.isEmpty()) {
            http = HttpEndpoint.start(listen, metrics);
            LOG.info(
                    "metrics and health on http://{}:{}",
                    http.address().getHostString(),
                    http.address().getPort());
        }
    }

    private void keepNames(SettingValues settings) {
        resolver.keep(
                settings.get(Settings.DNS_MAX_TTL).toNanos(),
                settings.get(Settings.DNS_NXDOMAIN_TTL).toNanos());
    }

    /** The TCP port: the configured one, or the one that the kernel chose for 0. */
    public int port() {
        return listeners.port(catalog.configuration().global().get(Settings.LISTEN_PORT));
    }

    /** Where clients arrive, for people. */
    String listening() {
        return "listening on "
                + String.join(
                        ", ", listeners.all().stream().map(Listener::toString).toList());
    }

    /** Clients that have proved who they are, those of the console left out. */
    public int clients() {
        return clients.admitted();
    }

    /** What happened since the start, over all databases. Not on a loop. */
    public Counters counters() {
        return stats.totals().join().values().stream().reduce(new Counters(), Counters::plus);
    }

    public Transport transport() {
        return loops.transport();
    }

    /** What else is to be done at each reload: reopening the log, for one. */
    public void whenReloaded(Consumer<Configuration> action) {
        reloaded = action;
    }

    /** As PAUSE of the console, for all databases. */
    public void pause() {
        catalog.pauseAll(true);
    }

    /** As RESUME of the console, for all databases. */
    public void resume() {
        console.resume();
    }

    public boolean isPaused() {
        return catalog.isPaused();
    }

    public boolean isSuspended() {
        return catalog.isSuspended();
    }

    /** What else is to be done when a shutdown begins; gets the line of the log about it. */
    public void whenStopping(Consumer<String> action) {
        stopping = action;
    }

    @Override
    public synchronized void reload() throws ConfigurationException {
        Configuration running = catalog.configuration();
        Configuration read = ConfigurationLoader.load(Path.of(running.global().get(Settings.CONFFILE)));
        use(read.withStartValuesOf(running));
        reloaded.accept(catalog.configuration());
        LOG.info("configuration reloaded");
        List<String> late = read.waitingForStart(running);
        if (!late.isEmpty()) {
            LOG.warn("changed in the file, but in effect only after a new start: {}", String.join(", ", late));
        }
    }

    @Override
    public synchronized void set(Setting<?> setting, String value) throws ConfigurationException {
        use(catalog.configuration().with(setting, value));
        reloaded.accept(catalog.configuration());
        LOG.info("setting {} changed on the console", setting.name());
    }

    @Override
    public synchronized boolean isShuttingDown() {
        return shutdown != null;
    }

    @Override
    public List<Listener> listeners() {
        return listeners.all();
    }

    private void use(Configuration fresh) throws ConfigurationException {
        TlsContexts last = tls;
        tls = TlsContexts.of(fresh, keyWorkers::run);
        List<Database> gone = catalog.reload(fresh);
        for (Database database : catalog.databases()) {
            if (!tls.connectsAlike(last, database.name())) {
                database.renew();
            }
        }
        List<Pool> retired = pools.reload(fresh, gone);
        scramKeys.reload((user, secret) -> !fresh.userList().contains(user)
                || fresh.userList().secretsOf(user).contains(secret));
        lookedUpSecrets.clear();
        keepNames(fresh.global());
        listeners.configure(fresh.global());
        gone.forEach(database -> LOG.warn(
                "dropping database '{}' as it does not exist anymore or inactive auto-database", database.name()));
        clients.failAll(
                client -> client.pool() != null && gone.contains(client.pool().database()), PoolErrors.REMOVED);
        clients.failAll(client -> retired.contains(client.pool()), PoolErrors.CONFIGURATION_CHANGED);
    }

    @Override
    public void shutdown(Shutdown how) {
        shutdown(
                how,
                switch (how) {
                    case IMMEDIATE -> "shutting down at once";
                    case WAIT_FOR_CLIENTS -> "shutting down, waiting for all clients disconnect";
                    case WAIT_FOR_SERVERS -> "shutting down, waiting for all servers connections to be released";
                });
    }

    /**
     * A second call changes what is waited for.
     *
     * @param line for the log
     */
    synchronized void shutdown(Shutdown how, String line) {
        Shutdown before = shutdown;
        shutdown = how;
        metrics.stopping();
        LOG.info(line);
        stopping.accept(line);
        if (how == Shutdown.IMMEDIATE) {
            new Thread(this::endProcess, "pgweir-shutdown").start();
            return;
        }
        if (how == Shutdown.WAIT_FOR_SERVERS) {
            catalog.end(true);
            pools.all().forEach(Pool::refuseIfEnding);
        } else if (before == Shutdown.WAIT_FOR_SERVERS) {
            catalog.end(false);
            pools.all().forEach(Pool::wake);
        }
        if (before != null) {
            return;
        }
        clients.admitNoMore();
        new Thread(
                        () -> {
                            // The Unix socket stays for the console as long as a shutdown waits.
                            listeners.close(listener -> !listener.isUnix());
                            awaitQuiet();
                        },
                        "pgweir-shutdown")
                .start();
    }

    private void awaitQuiet() {
        Shutdown how = shutdown;
        boolean quiet = how == Shutdown.WAIT_FOR_CLIENTS
                ? clients.admitted() == 0
                : pools.all().stream().mapToInt(Pool::size).sum() == 0;
        if (quiet) {
            LOG.info(
                    how == Shutdown.WAIT_FOR_CLIENTS
                            ? "client connections dropped, exiting"
                            : "server connections dropped, exiting");
            new Thread(this::endProcess, "pgweir-shutdown").start();
        } else {
            loops.all().get(0).postAfter(Loop.TICK_NANOS / 2, this::awaitQuiet);
        }
    }

    private void endProcess() {
        if (!ending.compareAndSet(false, true)) {
            return;
        }
        metrics.stopping();
        listeners.close(listener -> true);
        clients.failAll(client -> true, ClientErrors.SHUTTING_DOWN);
        pools.all().forEach(pools::retire);
        awaitFarewell();
        if (http != null) {
            http.close();
        }
        loops.close();
        workers.close();
        keyWorkers.close();
        lookUps.close();
        hba.close();
        directories.close();
        ended.countDown();
    }

    /** Clients get their last message and servers their Terminate, unless they are too slow. */
    private void awaitFarewell() {
        long began = Loop.nowNanos();
        try {
            while (Loop.nowNanos() - began < FAREWELL_NANOS && someoneIsThere()) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean someoneIsThere() {
        return clients.connected() + pools.all().stream().mapToInt(Pool::size).sum() > 0;
    }

    /** Waits until the pooler has ended. */
    public void awaitEnd() throws InterruptedException {
        ended.await();
    }

    /** Ends everything now; a second call, or one during a shutdown, waits for the end. */
    @Override
    public void close() {
        endProcess();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
