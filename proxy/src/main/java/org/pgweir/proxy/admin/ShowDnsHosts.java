package org.pgweir.proxy.admin;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Resolver.KnownName;

/** SHOW DNS_HOSTS: names of hosts that were looked up, with the seconds until they are again. */
final class ShowDnsHosts implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns("sqs", "hostname ttl addrs");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        Table table = new Table(COLUMNS);
        for (KnownName name : admin.pools().connector().knownNames(Loop.nowNanos())) {
            List<String> addresses =
                    name.addresses().stream().map(InetAddress::getHostAddress).toList();
            table.add(name.name(), name.ttlSeconds(), String.join(",", addresses));
        }
        return CompletableFuture.completedFuture(table);
    }
}
