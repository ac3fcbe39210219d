package org.pgweir.proxy.admin;

import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.pool.Pool;

/**
 * SHOW MEM. Java has no caches of its own for each kind of object: of those that PgBouncer shows, the number is told and no size. What
 * the process takes stands in the rows java_heap and direct_buffers, in kB.
 */
final class ShowMem implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns("siiii", "name size used free memtotal");
    private static final int KILOBYTE = 1024;

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        List<Pool> pools = List.copyOf(admin.pools().all());
        int statements =
                pools.stream().mapToInt(pool -> pool.statements().size()).sum();
        long statementBytes =
                pools.stream().mapToLong(pool -> pool.statements().bytes()).sum();
        Table table = new Table(COLUMNS);
        count(table, "user_cache", admin.catalog().users().size());
        count(table, "credentials_cache", admin.configuration().userList().size());
        count(table, "db_cache", admin.catalog().databases().size() + 1);
        count(table, "peer_cache", admin.configuration().peers().size());
        count(table, "peer_pool_cache", 0);
        count(table, "pool_cache", pools.size());
        count(table, "outstanding_request_cache", 0);
        count(table, "server_cache", pools.stream().mapToInt(Pool::size).sum());
        count(table, "client_cache", admin.clients().connected());
        count(table, "iobuf_cache", 0);
        count(table, "var_list_cache", 0);
        table.add("server_prepared_statement_cache", 0, statements, 0, clamped(statementBytes));
        Runtime runtime = Runtime.getRuntime();
        long heap = runtime.totalMemory();
        memory(table, "java_heap", heap - runtime.freeMemory(), heap);
        var buffers = PooledByteBufAllocator.DEFAULT.metric();
        long direct = buffers.usedDirectMemory();
        memory(table, "direct_buffers", Math.min(direct, PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()), direct);
        return CompletableFuture.completedFuture(table);
    }

    private static void count(Table table, String name, int count) {
        table.add(name, 0, count, 0, 0);
    }

    private static void memory(Table table, String name, long used, long total) {
        table.add(name, KILOBYTE, clamped(used / KILOBYTE), clamped((total - used) / KILOBYTE), clamped(total));
    }

    /** The columns are int4. */
    private static int clamped(long value) {
        return (int) Math.min(value, Integer.MAX_VALUE);
    }
}
