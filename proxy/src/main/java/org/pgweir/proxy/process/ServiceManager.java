package org.pgweir.proxy.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd how the service is doing, where it asks to be told: a unit with {@code Type=notify} or {@code notify-reload}. See
 * sd_notify(3).
 */
public final class ServiceManager {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);

    private final UnixDatagrams socket;

    private ServiceManager(UnixDatagrams socket) {
        this.socket = socket;
    }

    /** The one whose socket {@code NOTIFY_SOCKET} names; without it nobody is told anything. */
    public static ServiceManager ofEnvironment() {
        String path = System.getenv("NOTIFY_SOCKET");
        if (path == null || path.isEmpty()) {
            return new ServiceManager(null);
        }
        try {
            return new ServiceManager(new UnixDatagrams(path));
        } catch (IOException e) {
            LOG.warn("the service manager cannot be told anything: {}", e.getMessage());
            return new ServiceManager(null);
        }
    }

    /** Up, or through with a reload. */
    public void ready(String status) {
        send("READY=1\nMAINPID=" + ProcessHandle.current().pid() + "\nSTATUS=" + status);
    }

    /** A reload has begun; {@link #ready} ends it, whatever has come of it. */
    public void reloading() {
        // On Linux Java's clock is the kernel's monotonic one, which is what is asked for.
        send("RELOADING=1\nMONOTONIC_USEC=" + System.nanoTime() / 1000 + "\nSTATUS=reloading");
    }

    /** A shutdown has begun. */
    public void stopping(String status) {
        send("STOPPING=1\nSTATUS=" + status);
    }

    private void send(String message) {
        if (socket != null) {
            try {
                socket.send(message.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                LOG.warn("the service manager cannot be told anything: {}", e.getMessage());
            }
        }
    }
}
