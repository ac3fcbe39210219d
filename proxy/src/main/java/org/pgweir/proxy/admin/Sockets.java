package org.pgweir.proxy.admin;

import io.netty.channel.Channel;
import io.netty.channel.unix.UnixChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.server.Server;

/** What the tables of connections have in common. */
final class Sockets {
    private static final String TYPES = "ssssssisiTTiiississii";

    private static final String NAMES =
            "type user database replication state addr port local_addr local_port connect_time request_time wait wait_us"
                    + " close_needed ptr link remote_pid tls application_name prepared_statements id";

    /** Of SHOW CLIENTS and SHOW SERVERS. */
    static final List<Column> COLUMNS = Table.columns(TYPES, NAMES);

    /** Of SHOW SOCKETS and SHOW ACTIVE_SOCKETS. */
    static final List<Column> WITH_BUFFERS = Table.columns(
            TYPES + "iiiiiii", NAMES + " recv_pos pkt_pos pkt_remain send_pos send_remain pkt_avail send_avail");

    private Sockets() {}

    /** Asks each loop for its rows. */
    static CompletableFuture<Table> table(Admin admin, List<Column> columns, Function<Loop, List<List<?>>> rows) {
        return admin.loops().collect(rows).thenApply(parts -> {
            Table table = new Table(columns);
            parts.forEach(table::addAll);
            return table;
        });
    }

    static String address(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? inet.getAddress().getHostAddress() : "unix";
    }

    static int port(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }

    /** The file descriptor; -1 where the transport does not tell. */
    static int descriptor(Channel channel) {
        return channel instanceof UnixChannel unix ? unix.fd().intValue() : -1;
    }

    /** Stands where PgBouncer shows an address in memory: unique among clients and servers. */
    static String pointer(Client client) {
        return client == null ? "" : "0x" + Long.toHexString(client.id() << 1);
    }

    static String pointer(Server server) {
        return server == null ? "" : "0x" + Long.toHexString(server.id() << 1 | 1);
    }
}
