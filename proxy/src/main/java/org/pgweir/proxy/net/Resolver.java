package org.pgweir.proxy.net;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.function.Consumer;

/** Turns the host of a configuration into an address, without ever blocking a loop. */
public final class Resolver {
    private final Transport transport;
    private final Workers workers;

    public Resolver(Transport transport, Workers workers) {
        this.transport = transport;
        this.workers = workers;
    }

    /**
     * Hands the address to {@code result} on the loop: at once for numbers and folders of Unix sockets, later for names. Null if the
     * name is not known, or is an abstract socket that the transport cannot use.
     */
    public void resolve(Loop loop, String host, int port, Consumer<SocketAddress> result) {
        if (host.startsWith("/") || host.startsWith("@")) {
            result.accept(transport.unixAddress(host, port));
            return;
        }
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        if (literal != null) {
            result.accept(lookUp(host, port));
            return;
        }
        workers.run(loop, () -> lookUp(host, port), result);
    }

    private static SocketAddress lookUp(String host, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
