package org.pgweir.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A listening socket on loopback that runs a script for every connection, on a thread of its own. It is for bytes that a real
 * PostgreSQL does not send: lengths that lie, frames that stop in the middle, a row of half a gigabyte. Where PostgreSQL can do it,
 * use {@link EmbeddedPostgres}.
 */
public final class ScriptedServer implements AutoCloseable {

    private final ServerSocket listener;
    private final Script script;
    private final Set<ScriptedSession> open = ConcurrentHashMap.newKeySet();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();

    private ScriptedServer(ServerSocket listener, Script script) {
        this.listener = listener;
        this.script = script;
    }

    /** What the server does with one connection, which is closed behind it. */
    @FunctionalInterface
    public interface Script {
        void play(ScriptedSession session) throws Exception;
    }

    /** Listens on a free port of 127.0.0.1. */
    public static ScriptedServer start(Script script) {
        try {
            ServerSocket listener = new ServerSocket(Ports.free(), 128, InetAddress.getByName("127.0.0.1"));
            ScriptedServer server = new ScriptedServer(listener, script);
            daemon("scripted-server-accept", server::accept);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String host() {
        return listener.getInetAddress().getHostAddress();
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** How many connections have been accepted. */
    public int connections() {
        return connections.get();
    }

    /** What scripts have thrown so far, except for the ends of connections. */
    public List<Throwable> failures() {
        return List.copyOf(failures);
    }

    private void accept() {
        while (true) {
            try {
                Socket socket = listener.accept();
                connections.incrementAndGet();
                ScriptedSession session = new ScriptedSession(socket);
                open.add(session);
                daemon("scripted-server-" + connections.get(), () -> play(session));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void play(ScriptedSession session) {
        try (session) {
            script.play(session);
        } catch (IOException | WireClosed endOfConnection) {
            // The other side may leave at any time; a script that minds can catch it.
            session.close();
        } catch (Throwable failure) {
            failures.add(failure);
        } finally {
            open.remove(session);
        }
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Closes the listener and all connections.
     *
     * @throws AssertionError when a script has failed
     */
    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        open.forEach(ScriptedSession::close);
        if (!failures.isEmpty()) {
            AssertionError error = new AssertionError("a script failed", failures.get(0));
            failures.stream().skip(1).forEach(error::addSuppressed);
            throw error;
        }
    }
}
