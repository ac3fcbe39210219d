package org.pgweir.proxy.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.pgweir.config.AuthType;
import org.pgweir.config.Settings;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.client.Clients;
import org.pgweir.proxy.client.Console;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.pool.Pools;
import org.pgweir.proxy.route.Catalog;
import org.pgweir.proxy.stats.Logins;

/** The administration console: database {@code pgbouncer}. {@code admin_users} may do everything, {@code stats_users} may look. */
public final class AdminConsole implements Console {
    /** Of this build. */
    public static final String VERSION = version();

    private static final String HELP = String.join(
            "\n\t",
            "",
            "SHOW HELP|CONFIG|DATABASES|POOLS|CLIENTS|SERVERS|LATENCY|PINS|LISTS|STATS|VERSION",
            "RELOAD",
            "PAUSE [<db>]",
            "RESUME [<db>]",
            "SHUTDOWN [WAIT_FOR_SERVERS|WAIT_FOR_CLIENTS]");

    private static final Map<String, ShowTable> TABLES = Map.of(
            "CLIENTS", new ShowClients(),
            "CONFIG", new ShowConfig(),
            "DATABASES", new ShowDatabases(),
            "LATENCY", new ShowLatency(),
            "PINS", new ShowPins(),
            "LISTS", new ShowLists(),
            "POOLS", new ShowPools(),
            "SERVERS", new ShowServers(),
            "STATS", new ShowStats(),
            "VERSION", new ShowVersion());

    private static final Map<String, Command> COMMANDS = Map.of(
            "PAUSE", new Pause(true),
            "RESUME", new Pause(false),
            "RELOAD", new Reload(),
            "SHUTDOWN", new ShutdownCommand());

    private final Admin admin;

    public AdminConsole(
            Loops loops, Catalog catalog, Pools pools, Clients clients, StatsPeriods stats, ProcessControl process) {
        admin = new Admin(loops, catalog, pools, clients, stats, process);
    }

    /** The metrics of what this console shows. */
    public PoolerMetrics metrics(Logins logins) {
        return new PoolerMetrics(admin, logins);
    }

    private static String version() {
        String version = AdminConsole.class.getPackage().getImplementationVersion();
        return version == null ? "(development)" : version;
    }

    @Override
    public boolean mayEnter(Client client) {
        return isAdmin(client) || isAmong(Settings.STATS_USERS, client.user()) || isOpenToAll();
    }

    private boolean isAdmin(Client client) {
        return client.isOwner() || isAmong(Settings.ADMIN_USERS, client.user());
    }

    private boolean isAmong(org.pgweir.config.Setting<List<String>> setting, String user) {
        return admin.configuration().global().get(setting).contains(user);
    }

    private boolean isOpenToAll() {
        return admin.configuration().global().get(Settings.AUTH_TYPE) == AuthType.ANY;
    }

    @Override
    public Map<String, String> greeting() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("server_version", VERSION + "/pgweir");
        settings.put("client_encoding", "UTF8");
        settings.put("server_encoding", "UTF8");
        settings.put("DateStyle", "ISO");
        settings.put("TimeZone", "GMT");
        settings.put("standard_conforming_strings", "on");
        settings.put("is_superuser", "on");
        return settings;
    }

    @Override
    public void execute(Client client, String command, Consumer<ByteBuf> answer) {
        String text = command.strip();
        if (text.endsWith(";")) {
            text = text.substring(0, text.length() - 1).strip();
        }
        CompletableFuture<Consumer<ByteBuf>> result;
        if (text.isEmpty()) {
            result = CompletableFuture.completedFuture(BackendMessages::emptyQueryResponse);
        } else {
            int wordEnd = 0;
            while (wordEnd < text.length() && !Character.isWhitespace(text.charAt(wordEnd))) {
                wordEnd++;
            }
            String word = text.substring(0, wordEnd).toUpperCase(Locale.ROOT);
            result = run(client, word, text.substring(wordEnd).strip(), command.strip());
        }
        result.exceptionally(failure -> error(ErrorMessage.error("XX000", "internal error: " + failure)))
                .thenAccept(content -> client.loop().post(() -> {
                    ByteBuf out = PooledByteBufAllocator.DEFAULT.directBuffer();
                    content.accept(out);
                    BackendMessages.readyForQuery(out, Backend.IDLE);
                    answer.accept(out);
                }));
    }

    private CompletableFuture<Consumer<ByteBuf>> run(Client client, String word, String argument, String text) {
        if (word.equals("SHOW") || word.equals("SELECT")) {
            return show(argument.toUpperCase(Locale.ROOT), text);
        }
        Command command = COMMANDS.get(word);
        if (command == null) {
            return completed(invalid(text));
        }
        if (!isAdmin(client)) {
            return completed(
                    ErrorMessage.error("08P01", "admin access needed").withHint("Log in as one of admin_users."));
        }
        return command.run(admin, unquoted(argument))
                .thenApply(failure ->
                        failure != null ? error(failure) : out -> BackendMessages.commandComplete(out, word));
    }

    private CompletableFuture<Consumer<ByteBuf>> show(String name, String text) {
        if (name.equals("HELP")) {
            ErrorMessage help = new ErrorMessage(ErrorMessage.NOTICE, "00000", "Console usage", HELP, null);
            return CompletableFuture.completedFuture(out -> {
                BackendMessages.noticeResponse(out, help);
                BackendMessages.commandComplete(out, "SHOW");
            });
        }
        ShowTable table = TABLES.get(name);
        if (table == null) {
            return completed(invalid(text));
        }
        return table.make(admin).thenApply(made -> made::write);
    }

    private static String unquoted(String argument) {
        boolean quoted = argument.length() > 1 && argument.startsWith("\"") && argument.endsWith("\"");
        return quoted ? argument.substring(1, argument.length() - 1).replace("\"\"", "\"") : argument;
    }

    private static ErrorMessage invalid(String command) {
        return ErrorMessage.error("08P01", "invalid command '" + command + "', use SHOW HELP;");
    }

    private static CompletableFuture<Consumer<ByteBuf>> completed(ErrorMessage failure) {
        return CompletableFuture.completedFuture(error(failure));
    }

    private static Consumer<ByteBuf> error(ErrorMessage failure) {
        return out -> BackendMessages.errorResponse(out, failure);
    }
}
