package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.pgweir.config.AuthType;
import org.pgweir.config.Configuration;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.Secret;
import org.pgweir.config.Settings;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.CancelKey;
import org.pgweir.protocol.StartupPacket;
import org.pgweir.proxy.auth.UserSecrets;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.relay.Relay;
import org.pgweir.proxy.route.Database;
import org.pgweir.proxy.route.Quota;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.Replication;
import org.pgweir.proxy.session.SessionState;
import org.pgweir.proxy.session.StartupOptions;
import org.pgweir.proxy.stats.Logins.Failure;

/**
 * How a client that has proved who it is comes in: into the console, or to its pool, as far as limits and settings allow. Holds what the
 * client takes of the limits, and gives it back at the end. On the client's loop.
 */
final class Admission {
    private static final String APPLICATION_NAME = "application_name";

    private final Client client;

    /** Null once the client is logged in. */
    private StartupOptions options;

    private int protocolVersion;

    /** Null once the client is logged in. */
    private UserSecrets identity;

    private String provedPassword;
    private boolean admitted;
    private Database entered;
    private ClientPlaces places = ClientPlaces.NONE;
    private Pool pool;
    private CancelKey cancelKey;

    Admission(Client client) {
        this.client = client;
    }

    private ClientServices services() {
        return client.services();
    }

    /** Null before the login and on the console. */
    Pool pool() {
        return pool;
    }

    /** Null before the end of the login. */
    CancelKey cancelKey() {
        return cancelKey;
    }

    /** What the startup packet has asked for. */
    void asks(StartupOptions startupOptions, int version) {
        options = startupOptions;
        protocolVersion = version;
    }

    /** Who it wants to be, and is if it proves it. */
    void wantsToBe(UserSecrets user) {
        identity = user;
    }

    boolean wantsConsole() {
        return client.database().equals(Console.DATABASE);
    }

    /** Whether max_client_conn lets one more in now; the console has room always. */
    boolean hasRoom() {
        return wantsConsole()
                || services()
                        .clients()
                        .hasRoom(services().configuration().global().get(Settings.MAX_CLIENT_CONN));
    }

    /** As {@link #proved}, by a password that may be good for the servers, too. */
    void provedBy(String password, long nowNanos) {
        provedPassword = password;
        proved(nowNanos);
        provedPassword = null;
    }

    /** The client is who it says: into the console, or to its pool. */
    void proved(long nowNanos) {
        if (!services().clients().strangers().forget(client)) {
            return;
        }
        if (wantsConsole()) {
            enterConsole(nowNanos);
            return;
        }
        if (!admit()) {
            client.refuse(Failure.MAX_CLIENT_CONN, ClientErrors.TOO_MANY_CLIENTS);
            return;
        }
        Optional<Database> wanted = services().catalog().enter(client.database());
        if (wanted.isEmpty()) {
            client.refuse(Failure.NO_SUCH_DATABASE, ClientErrors.noSuchDatabase(client.database()));
            return;
        }
        entered = wanted.get();
        if (entered.isDisabled()) {
            client.refuse(Failure.NOT_ALLOWED, ClientErrors.databaseDisabled(client.database()));
            return;
        }
        boolean anybody = services().configuration().global().get(Settings.AUTH_TYPE) == AuthType.ANY;
        if (anybody && !entered.config().hasForcedUser()) {
            client.refuse(Failure.CONFIGURATION, ClientErrors.NEEDS_FORCED_USER);
            return;
        }
        if (!takePlaces(entered.places(), entered.config())) {
            return;
        }
        Pool its = services().pools().pool(entered, client.user());
        if (client.replication() == Replication.NONE && options.unsupported() != null && !its.keepsStartupSettings()) {
            client.refuse(Failure.PROTOCOL, options.unsupported());
            return;
        }
        List<Secret> lookedUp = identity == null || identity.source() == null ? List.of() : identity.secrets();
        pool = services().pools().enter(entered, client.user(), lookedUp);
        if (provedPassword != null && !entered.config().hasForcedUser()) {
            pool.learn(provedPassword);
        }
        LoopPool here = pool.on(client.loop());
        if (client.replication() != Replication.NONE) {
            Map<String, String> startup = new LinkedHashMap<>(options.others());
            withHost(tracked(options.settings())).forEachOtherThan(TrackedParameters.NONE, startup::put);
            OwnServerWait wait = new OwnServerWait(client, here, startup);
            client.enter(wait, nowNanos);
            wait.begin(nowNanos);
        } else if (pool.welcome() != null) {
            welcome(here, nowNanos);
        } else {
            LoginWait wait = new LoginWait(client, here);
            client.enter(wait, nowNanos);
            wait.begin(nowNanos);
        }
    }

    /** Takes one of max_client_conn. */
    private boolean admit() {
        admitted =
                services().clients().admit(services().configuration().global().get(Settings.MAX_CLIENT_CONN));
        return admitted;
    }

    /** Takes one of the database's and one of the user's clients. Where anybody may come, names of users mean nothing. */
    private boolean takePlaces(Quota ofDatabase, DatabaseConfig database) {
        Configuration now = services().configuration();
        boolean anybody = now.global().get(Settings.AUTH_TYPE) == AuthType.ANY;
        int mostOfDatabase = now.effective(Settings.MAX_DB_CLIENT_CONNECTIONS, database, null);
        int mostOfUser = now.effective(
                Settings.MAX_USER_CLIENT_CONNECTIONS, null, now.users().get(client.user()));
        ClientPlaces taken = services()
                .clients()
                .places()
                .one(new ClientPlaces(
                        ofDatabase,
                        anybody
                                ? null
                                : services().catalog().user(client.user()).clients()));
        switch (taken.take(mostOfDatabase, mostOfUser)) {
            case TAKEN -> places = taken;
            case DATABASE_FULL ->
                client.refuse(Failure.MAX_DB_CLIENT_CONNECTIONS, ClientErrors.TOO_MANY_CLIENTS_OF_DATABASE);
            case USER_FULL -> client.refuse(Failure.MAX_USER_CLIENT_CONNECTIONS, ClientErrors.TOO_MANY_CLIENTS_OF_USER);
        }
        return places == taken;
    }

    /** Ends the login: the client learns its settings and its cancel key, and may begin. */
    void welcome(LoopPool here, long nowNanos) {
        Map<String, String> settings = pool.welcome();
        TrackedParameters defaults = tracked(settings);
        Clients clients = services().clients();
        TrackedParameters own =
                clients.parameters().one(withHost(tracked(options.settings())).orElse(defaults));
        SessionState startup = clients.sessions().one(SessionState.ofStartup(options.others()));
        cancelKey = clients.register(client, protocolVersion >= StartupPacket.VERSION_3_2);
        ByteBuf out = client.buffer(1024);
        BackendMessages.authenticationOk(out);
        settings.forEach((name, value) -> {
            String tracked = own.get(name);
            String ownValue = tracked != null ? tracked : options.others().get(name.toLowerCase(Locale.ROOT));
            BackendMessages.parameterStatus(out, name, ownValue != null ? ownValue : value);
        });
        String notice = services().configuration().global().get(Settings.LOGIN_NOTIFY_MESSAGE);
        if (!notice.isEmpty()) {
            BackendMessages.noticeResponse(out, ClientErrors.loginNotice(notice));
        }
        finishLogin(out);
        client.enter(new Serving(new Relay(client, here, own, startup, nowNanos)), nowNanos);
        services().logins().succeeded();
    }

    /** Ends the login of a client that has a server of its own: it hears what that server said. */
    void welcomeAlone(LoopPool here, Server server, long nowNanos) {
        cancelKey = services().clients().register(client, protocolVersion >= StartupPacket.VERSION_3_2);
        ByteBuf out = client.buffer(1024);
        BackendMessages.authenticationOk(out);
        server.settings().reportedAtLogin().forEach((name, value) -> BackendMessages.parameterStatus(out, name, value));
        finishLogin(out);
        client.enter(new Serving(Relay.alone(client, here, server, nowNanos)), nowNanos);
        services().logins().succeeded();
    }

    private TrackedParameters withHost(TrackedParameters asked) {
        if (!services().configuration().global().get(Settings.APPLICATION_NAME_ADD_HOST)) {
            return asked;
        }
        String name = asked.get(APPLICATION_NAME);
        return asked.with(
                APPLICATION_NAME, (name == null || name.isEmpty() ? "app" : name) + " - " + client.remoteName());
    }

    private static TrackedParameters tracked(Map<String, String> settings) {
        TrackedParameters parameters = TrackedParameters.NONE;
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            parameters = parameters.with(setting.getKey(), setting.getValue());
        }
        return parameters;
    }

    private void enterConsole(long nowNanos) {
        if (!services().console().mayEnter(client)) {
            client.logRefusal("not in admin_users or stats_users");
            client.refuse(Failure.NOT_ALLOWED, ClientErrors.NO_CONSOLE_ACCESS);
            return;
        }
        if (!services().console().isAdministrator(client)
                && !takePlaces(services().clients().ofConsole(), null)) {
            return;
        }
        cancelKey = services().clients().register(client, protocolVersion >= StartupPacket.VERSION_3_2);
        ByteBuf out = client.buffer(512);
        BackendMessages.authenticationOk(out);
        services().console().greeting().forEach((name, value) -> BackendMessages.parameterStatus(out, name, value));
        finishLogin(out);
        client.enter(new InConsole(client), nowNanos);
        services().logins().succeeded();
    }

    private void finishLogin(ByteBuf out) {
        BackendMessages.backendKeyData(out, cancelKey);
        BackendMessages.readyForQuery(out, Backend.IDLE);
        client.send(out);
        forgetLogin();
    }

    /** What only the login needs, each client would hold until it leaves; and names that others have, too. */
    private void forgetLogin() {
        options = null;
        identity = null;
        if (pool != null) {
            boolean isSame = client.user().equals(pool.userName());
            client.named(entered.name(), isSame ? pool.userName() : client.user());
        }
    }

    /** The connection is gone: others may have its places. */
    void end() {
        if (pool != null) {
            pool.clients().decrementAndGet();
        }
        places.giveBack();
        if (entered != null) {
            entered.left();
        }
        if (admitted) {
            services().clients().dismiss();
        }
    }
}
