package org.pgweir.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A TCP proxy on loopback that forwards to a server and breaks things when told. Faults are switched at run time, hold for the
 * connections that are open and for those to come, add up, and end with {@link #heal()}.
 *
 * <p>A connection has two threads, one a direction. All methods may be called from any thread.
 */
public final class FaultProxy implements AutoCloseable {

    private static final String HOST = "127.0.0.1";
    private static final Faults NONE = new Faults(Integer.MAX_VALUE, null, Duration.ZERO, false, null);

    private final InetSocketAddress target;
    private final int port = Ports.free();
    private final Set<ProxiedConnection> open = ConcurrentHashMap.newKeySet();
    private final AtomicLongArray forwarded = new AtomicLongArray(Direction.values().length);
    private Faults faults = NONE;
    private ServerSocket listener;
    private Thread acceptor;

    private FaultProxy(InetSocketAddress target) {
        this.target = target;
    }

    /** Which way bytes go. */
    public enum Direction {
        TO_SERVER,
        TO_CLIENT
    }

    /**
     * What is wrong at the moment.
     *
     * @param longestPiece the most bytes in one write
     * @param seed if not null, the length of each write is random, up to the longest
     * @param delay before each write
     * @param blackHole nothing is forwarded
     * @param cut if not null, where each connection ends
     */
    record Faults(int longestPiece, Long seed, Duration delay, boolean blackHole, Cut cut) {}

    /** The end of a connection after so many bytes in one direction. A new object starts counting anew. */
    static final class Cut {
        final Direction direction;
        final long bytes;
        final boolean reset;

        Cut(Direction direction, long bytes, boolean reset) {
            this.direction = direction;
            this.bytes = bytes;
            this.reset = reset;
        }
    }

    /** A proxy in front of a TCP server, on a free port. */
    public static FaultProxy to(String host, int port) {
        FaultProxy proxy = new FaultProxy(new InetSocketAddress(host, port));
        proxy.listen();
        return proxy;
    }

    /** A proxy in front of a PostgreSQL server, on a free port. */
    public static FaultProxy to(EmbeddedPostgres postgres) {
        return to(postgres.host(), postgres.port());
    }

    public String host() {
        return HOST;
    }

    public int port() {
        return port;
    }

    /** How many connections are open. */
    public int connections() {
        return open.size();
    }

    /** How many bytes have been forwarded in this direction, over all connections. */
    public long forwarded(Direction direction) {
        return forwarded.get(direction.ordinal());
    }

    // Faults

    /** Forwards every byte in a write of its own. */
    public synchronized FaultProxy byteByByte() {
        return set(new Faults(1, null, faults.delay, faults.blackHole, faults.cut));
    }

    /** Forwards in pieces of random length from 1 to the longest; the same seed gives the same lengths on each connection. */
    public synchronized FaultProxy inChunks(long seed, int longest) {
        return set(new Faults(longest, seed, faults.delay, faults.blackHole, faults.cut));
    }

    /** Waits before each write. */
    public synchronized FaultProxy delay(Duration delay) {
        return set(new Faults(faults.longestPiece, faults.seed, delay, faults.blackHole, faults.cut));
    }

    /**
     * Accepts connections and forwards nothing, not even their end, as a network that drops all packets. What comes meanwhile is
     * forwarded after {@link #heal()}.
     */
    public synchronized FaultProxy blackHole() {
        return set(new Faults(faults.longestPiece, faults.seed, faults.delay, true, faults.cut));
    }

    /** Closes each connection after so many more bytes in this direction. */
    public synchronized FaultProxy closeAfter(Direction direction, long bytes) {
        Cut cut = new Cut(direction, bytes, false);
        return set(new Faults(faults.longestPiece, faults.seed, faults.delay, faults.blackHole, cut));
    }

    /** Resets each connection after so many more bytes in this direction. */
    public synchronized FaultProxy resetAfter(Direction direction, long bytes) {
        Cut cut = new Cut(direction, bytes, true);
        return set(new Faults(faults.longestPiece, faults.seed, faults.delay, faults.blackHole, cut));
    }

    /** Refuses new connections: nobody listens on the port. Open connections go on. */
    public synchronized FaultProxy refuse() {
        try {
            listener.close();
            // The kernel goes on accepting until the thread in accept() has left it.
            acceptor.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        return this;
    }

    /** Ends all faults: forwards as fast as it can, and listens. */
    public synchronized FaultProxy heal() {
        if (listener.isClosed()) {
            listen();
        }
        return set(NONE);
    }

    /** Closes all open connections, on both sides. */
    public FaultProxy closeAll() {
        open.forEach(connection -> connection.end(false));
        return this;
    }

    /** Resets all open connections, on both sides. */
    public FaultProxy resetAll() {
        open.forEach(connection -> connection.end(true));
        return this;
    }

    private FaultProxy set(Faults next) {
        faults = next;
        notifyAll();
        return this;
    }

    /** The faults of the moment, as soon as they let anything through. */
    synchronized Faults awaitFaults(ProxiedConnection connection) throws IOException {
        try {
            while (faults.blackHole && open.contains(connection)) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return faults;
    }

    // Connections

    private synchronized void listen() {
        try {
            ServerSocket bound = new ServerSocket();
            bound.setReuseAddress(true);
            bound.bind(new InetSocketAddress(HOST, port), 512);
            listener = bound;
            acceptor = daemon("fault-proxy-accept-" + port, () -> accept(bound));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocket bound) {
        while (true) {
            try {
                Socket client = bound.accept();
                ProxiedConnection connection = new ProxiedConnection(this, client);
                open.add(connection);
                connection.start(target);
            } catch (IOException closed) {
                return;
            }
        }
    }

    void count(Direction direction, int bytes) {
        forwarded.addAndGet(direction.ordinal(), bytes);
    }

    synchronized void ended(ProxiedConnection connection) {
        open.remove(connection);
        notifyAll();
    }

    static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Stops listening and closes all connections. */
    @Override
    public void close() {
        refuse();
        closeAll();
    }
}
