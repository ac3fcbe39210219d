package org.pgweir.proxy.admin;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.pgweir.config.Configuration;
import org.pgweir.config.Setting;
import org.pgweir.config.Settings;
import org.pgweir.config.UserConfig;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.client.Console;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.route.User;

/** SHOW USERS: those of auth_file, of the section [users], and those who have logged in or whom servers log in as. */
final class ShowUsers implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns(
            "ssssiiii",
            "name pool_size reserve_pool_size pool_mode max_user_connections current_connections"
                    + " max_user_client_connections current_client_connections");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return admin.loops().collect(loop -> clients(admin, loop)).thenApply(parts -> {
            Map<String, Integer> clients = new HashMap<>();
            parts.forEach(part -> part.forEach((user, count) -> clients.merge(user, count, Integer::sum)));
            SortedSet<String> names = names(admin);
            names.addAll(clients.keySet());
            Table table = new Table(COLUMNS);
            names.forEach(name -> addRow(table, admin, name, clients.getOrDefault(name, 0)));
            return table;
        });
    }

    /** All that are known without asking the loops. */
    static SortedSet<String> names(Admin admin) {
        SortedSet<String> names = new TreeSet<>();
        names.add(Console.DATABASE);
        names.addAll(admin.configuration().userList().names());
        names.addAll(admin.configuration().users().keySet());
        admin.catalog().users().forEach(user -> names.add(user.name()));
        return names;
    }

    private static Map<String, Integer> clients(Admin admin, Loop loop) {
        Map<String, Integer> counts = new HashMap<>();
        for (Client client : admin.clients().on(loop)) {
            if (ClientRow.isIn(client)) {
                counts.merge(client.user(), 1, Integer::sum);
            }
        }
        return counts;
    }

    private static void addRow(Table table, Admin admin, String name, int clients) {
        Configuration configuration = admin.configuration();
        UserConfig user = configuration.users().get(name);
        int servers = admin.catalog().users().stream()
                .filter(known -> known.name().equals(name))
                .mapToInt(ShowUsers::serversOf)
                .sum();
        table.add(
                name,
                number(user, Settings.DEFAULT_POOL_SIZE),
                number(user, Settings.RESERVE_POOL_SIZE),
                user != null && user.values().isSet(Settings.POOL_MODE)
                        ? user.values().get(Settings.POOL_MODE)
                        : null,
                configuration.effective(Settings.MAX_USER_CONNECTIONS, null, user),
                servers,
                configuration.effective(Settings.MAX_USER_CLIENT_CONNECTIONS, null, user),
                clients);
    }

    private static int serversOf(User user) {
        return user.servers().used();
    }

    /** As PgBouncer writes it: to the right of nine characters, or nothing. */
    private static String number(UserConfig user, Setting<Integer> setting) {
        return user != null && user.values().isSet(setting)
                ? String.format(Locale.ROOT, "%9d", user.values().get(setting))
                : "";
    }
}
