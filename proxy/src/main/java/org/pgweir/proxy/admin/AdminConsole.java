package org.pgweir.proxy.admin;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.pgweir.config.AuthType;
import org.pgweir.config.Setting;
import org.pgweir.config.Settings;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.client.Clients;
import org.pgweir.proxy.client.Console;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.pool.Pools;
import org.pgweir.proxy.route.Catalog;
import org.pgweir.proxy.stats.Logins;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The administration console: database {@code pgbouncer}. {@code admin_users} may do everything, {@code stats_users} may look. Finds
 * the command that a text means; {@link ConsoleSession} speaks with the client.
 */
public final class AdminConsole implements Console {
    /** Of this build. */
    public static final String VERSION = version();

    private static final Logger LOG = LoggerFactory.getLogger(AdminConsole.class);

    /** PgBouncer's limits. */
    private static final int LONGEST_WORD = 15;

    private static final int LONGEST_ARGUMENT = 63;

    private static final Map<String, ShowTable> TABLES = Map.ofEntries(
            Map.entry("ACTIVE_SOCKETS", new ShowSockets(true)),
            Map.entry("CLIENTS", new ShowClients()),
            Map.entry("CONFIG", new ShowConfig()),
            Map.entry("DATABASES", new ShowDatabases()),
            Map.entry("DNS_HOSTS", new ShowDnsHosts()),
            Map.entry("DNS_ZONES", NoRows.DNS_ZONES),
            Map.entry("FDS", new ShowFds()),
            Map.entry("HOSTS", new ShowHosts()),
            Map.entry("LATENCY", new ShowLatency()),
            Map.entry("LISTS", new ShowLists()),
            Map.entry("MEM", new ShowMem()),
            Map.entry("PEERS", new ShowPeers()),
            Map.entry("PEER_POOLS", new ShowPeerPools()),
            Map.entry("PINS", new ShowPins()),
            Map.entry("POOLS", new ShowPools()),
            Map.entry("SERVERS", new ShowServers()),
            Map.entry("SOCKETS", new ShowSockets(false)),
            Map.entry("STATE", new ShowState()),
            Map.entry("STATS", ShowStats.ALL),
            Map.entry("STATS_AVERAGES", ShowStats.AVERAGES),
            Map.entry("STATS_TOTALS", ShowStats.TOTALS),
            Map.entry("TOTALS", new ShowTotals()),
            Map.entry("USERS", new ShowUsers()),
            Map.entry("VERSION", new ShowVersion()));

    private static final Map<String, Command> COMMANDS = Map.ofEntries(
            Map.entry("DISABLE", new Disable(true)),
            Map.entry("ENABLE", new Disable(false)),
            Map.entry("KILL", new Kill()),
            Map.entry("KILL_CLIENT", new KillClient()),
            Map.entry("PAUSE", new Pause()),
            Map.entry("RECONNECT", new Reconnect()),
            Map.entry("RELOAD", new Reload()),
            Map.entry("RESUME", new Resume()),
            Map.entry("SHUTDOWN", new ShutdownCommand()),
            Map.entry("SUSPEND", new Suspend()),
            Map.entry("WAIT_CLOSE", new WaitClose()));

    private final Admin admin;
    private final AtomicInteger sessions = new AtomicInteger();

    public AdminConsole(
            Loops loops, Catalog catalog, Pools pools, Clients clients, StatsPeriods stats, ProcessControl process) {
        admin = new Admin(loops, catalog, pools, clients, stats, process);
    }

    /** The metrics of what this console shows. */
    public PoolerMetrics metrics(Logins logins) {
        return new PoolerMetrics(admin, logins);
    }

    /** The answer to SHOW VERSION, which begins as PgBouncer's. */
    public static String shownVersion() {
        return ConsoleVersion.SHOWN;
    }

    /** RESUME without a name, whoever asks for it: ends PAUSE and SUSPEND. */
    public void resume() {
        Resume.all(admin);
    }

    private static String version() {
        String version = AdminConsole.class.getPackage().getImplementationVersion();
        return version == null ? "(development)" : version;
    }

    @Override
    public boolean mayEnter(Client client) {
        return isAdministrator(client) || isAmong(Settings.STATS_USERS, client.user()) || isOpenToAll();
    }

    @Override
    public boolean isAdministrator(Client client) {
        return client.isOwner() || isAmong(Settings.ADMIN_USERS, client.user());
    }

    private boolean isAmong(Setting<List<String>> setting, String user) {
        return admin.configuration().global().get(setting).contains(user);
    }

    private boolean isOpenToAll() {
        return admin.configuration().global().get(Settings.AUTH_TYPE) == AuthType.ANY;
    }

    @Override
    public Map<String, String> greeting() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("server_version", ConsoleVersion.REPORTED);
        settings.put("client_encoding", "UTF8");
        settings.put("server_encoding", "UTF8");
        settings.put("DateStyle", "ISO");
        settings.put("TimeZone", "GMT");
        settings.put("standard_conforming_strings", "on");
        settings.put("is_superuser", "on");
        return settings;
    }

    @Override
    public Session open(Client client, Consumer<ByteBuf> out) {
        sessions.incrementAndGet();
        return new ConsoleSession(this, client, out);
    }

    /** The last one of those who could end a SUSPEND must not leave it behind. */
    void closed() {
        if (sessions.decrementAndGet() == 0 && admin.catalog().isSuspended()) {
            LOG.info("admin disappeared when suspended, doing RESUME");
            Resume.all(admin);
        }
    }

    StatsPeriods stats() {
        return admin.stats();
    }

    boolean logsErrors() {
        return admin.configuration().global().get(Settings.LOG_POOLER_ERRORS);
    }

    /** What the text means; null if it is empty. */
    ConsoleStatement read(String text, Client client) throws NotUnderstood {
        CommandText.Parsed parsed;
        try {
            parsed = CommandText.parse(text);
        } catch (CommandText.Malformed e) {
            throw new NotUnderstood(ConsoleErrors.invalid(text));
        }
        if (parsed instanceof CommandText.Assignment set) {
            return assignment(set, text, client);
        }
        if (parsed instanceof CommandText.Words words) {
            return words(words, text, client);
        }
        return null;
    }

    /** The text means nothing. */
    static final class NotUnderstood extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient ErrorMessage error;

        NotUnderstood(ErrorMessage error) {
            super(error.message(), null, false, false);
            this.error = error;
        }

        ErrorMessage error() {
            return error;
        }
    }

    private static boolean isLonger(String word, int limit) {
        return word.length() > limit || word.getBytes(StandardCharsets.UTF_8).length > limit;
    }

    private ConsoleStatement words(CommandText.Words words, String text, Client client) throws NotUnderstood {
        if (isLonger(words.word(), LONGEST_WORD) || isLonger(words.argument(), LONGEST_ARGUMENT)) {
            throw new NotUnderstood(ConsoleErrors.BAD_ARGUMENTS);
        }
        String word = words.word().toUpperCase(Locale.ROOT);
        if (word.equals("SHOW") || word.equals("SELECT")) {
            return show(words.argument(), text, client);
        }
        Command command = COMMANDS.get(word);
        if (command == null || !words.argument().isEmpty() && !command.takesArgument()) {
            throw new NotUnderstood(ConsoleErrors.invalid(text));
        }
        return new ConsoleStatement(
                text, words.argument(), null, call -> isAdministrator(client) ? run(command, word, call) : notAdmin());
    }

    private CompletableFuture<Answer> run(Command command, String word, Invocation call) {
        // As PgBouncer writes it: of names, only those of databases are quoted.
        String quote = command instanceof DatabaseCommand ? "'" : "";
        LOG.info("{} command issued", call.hasArgument() ? word + " " + quote + call.argument() + quote : word);
        return command.run(admin, call).thenApply(error -> error == null ? Answer.done(word) : Answer.failed(error));
    }

    private ConsoleStatement show(String name, String text, Client client) throws NotUnderstood {
        if (SessionSettings.contains(name)) {
            return new ConsoleStatement(
                    text,
                    name,
                    SessionSettings.columns(name),
                    call -> Answer.rows(SessionSettings.table(name)).now());
        }
        String upper = name.toUpperCase(Locale.ROOT);
        if (upper.equals("HELP")) {
            return new ConsoleStatement(
                    text, name, null, call -> ShowHelp.answer().now());
        }
        ShowTable table = TABLES.get(upper);
        if (table == null) {
            throw new NotUnderstood(ConsoleErrors.invalid(text));
        }
        return new ConsoleStatement(
                text,
                name,
                table.columns(),
                call -> table.isForAdmins() && !isAdministrator(client)
                        ? notAdmin()
                        : table.make(admin).thenApply(Answer::rows));
    }

    private ConsoleStatement assignment(CommandText.Assignment set, String text, Client client) throws NotUnderstood {
        if (set.key().isEmpty() || isLonger(set.key(), LONGEST_ARGUMENT)) {
            throw new NotUnderstood(ConsoleErrors.BAD_ARGUMENTS);
        }
        if (SessionSettings.contains(set.key())) {
            return new ConsoleStatement(
                    text, set.key(), null, call -> SessionSettings.ignored().now());
        }
        return new ConsoleStatement(
                text,
                set.key(),
                null,
                call -> isAdministrator(client) ? SetCommand.run(admin, set.key(), set.value()) : notAdmin());
    }

    private static CompletableFuture<Answer> notAdmin() {
        return Answer.failed(ConsoleErrors.NOT_ADMIN).now();
    }
}
