package org.pgweir.config;

import static org.pgweir.config.Setting.Trait.AT_START_ONLY;
import static org.pgweir.config.Setting.Trait.NO_DEFAULT;
import static org.pgweir.config.Setting.Trait.PER_DATABASE;
import static org.pgweir.config.Setting.Trait.PER_USER;
import static org.pgweir.config.Setting.Trait.ZERO_INHERITS;
import static org.pgweir.config.SettingTypes.commaList;
import static org.pgweir.config.SettingTypes.count;
import static org.pgweir.config.SettingTypes.databaseOfServers;
import static org.pgweir.config.SettingTypes.duration;
import static org.pgweir.config.SettingTypes.durationFrom;
import static org.pgweir.config.SettingTypes.flag;
import static org.pgweir.config.SettingTypes.integer;
import static org.pgweir.config.SettingTypes.ldapOptions;
import static org.pgweir.config.SettingTypes.octalMode;
import static org.pgweir.config.SettingTypes.oneOf;
import static org.pgweir.config.SettingTypes.onlyNow;
import static org.pgweir.config.SettingTypes.optionalAddress;
import static org.pgweir.config.SettingTypes.sessionFeatures;
import static org.pgweir.config.SettingTypes.text;
import static org.pgweir.config.SettingTypes.tlsProtocols;

import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.pgweir.config.Setting.Scope;
import org.pgweir.config.Setting.Trait;

/**
 * The table of all settings. The names, meanings and defaults are PgBouncer's; the few of our own follow its style.
 *
 * <p>It drives both readers, the console's SHOW CONFIG and SET, and the reference page. A row without traits is a
 * global setting that RELOAD may change and whose work comes later.
 */
public final class Settings {

    private static final TreeMap<String, Setting<?>> TABLE = new TreeMap<>();

    // Files and sockets

    public static final Setting<String> CONFFILE =
            define("conffile", text(), "", "The configuration file; SET it to RELOAD from another one.", NO_DEFAULT);
    public static final Setting<String> LOGFILE = define("logfile", text(), "", "Also write the log to this file.");
    public static final Setting<String> PIDFILE =
            define("pidfile", text(), "", "Write the process id to this file.", AT_START_ONLY);
    public static final Setting<List<String>> LISTEN_ADDR = define(
            "listen_addr",
            commaList(),
            List.of(),
            "Addresses to listen on, * for all; without one only the Unix socket is served.",
            AT_START_ONLY);
    public static final Setting<Integer> LISTEN_PORT = define(
            "listen_port",
            integer(1, 65535),
            6432,
            "The TCP port, also the ending of the Unix socket's name.",
            AT_START_ONLY);
    public static final Setting<Integer> LISTEN_BACKLOG =
            define("listen_backlog", count(), 128, "The backlog of listen(2).", AT_START_ONLY);
    public static final Setting<String> UNIX_SOCKET_DIR = define(
            "unix_socket_dir",
            text(),
            "/tmp",
            "The folder of the Unix socket, @ in front for the abstract name space; empty for none.",
            AT_START_ONLY);
    public static final Setting<Integer> UNIX_SOCKET_MODE =
            define("unix_socket_mode", octalMode(), 0777, "The permission bits of the Unix socket.", AT_START_ONLY);
    public static final Setting<String> UNIX_SOCKET_GROUP =
            define("unix_socket_group", text(), "", "The group of the Unix socket, by name or number.", AT_START_ONLY);
    public static final Setting<String> USER = define(
            "user", text(), "", "The operating system's user to become at the start.", AT_START_ONLY, NO_DEFAULT);
    public static final Setting<String> JOB_NAME = withoutMeaning(
            "job_name",
            text(),
            "pgbouncer",
            "The name of the Windows service.",
            "pgweir runs as no Windows service.",
            AT_START_ONLY);
    public static final Setting<Transport> TRANSPORT = define(
            "transport",
            oneOf(Transport.class),
            Transport.AUTO,
            "The way to the sockets: io_uring, epoll or nio; auto takes the best that works here.",
            AT_START_ONLY);
    public static final Setting<Integer> EVENT_LOOPS = define(
            "event_loops", integer(0, 1024), 0, "The number of event loop threads; 0 for one a core.", AT_START_ONLY);

    // Pools and limits

    public static final Setting<PoolMode> POOL_MODE = define(
            "pool_mode",
            oneOf(PoolMode.class),
            PoolMode.SESSION,
            "When a server goes back to its pool.",
            PER_DATABASE,
            PER_USER);
    public static final Setting<Integer> MAX_CLIENT_CONN =
            define("max_client_conn", count(), 100, "The most client connections.");
    public static final Setting<Integer> DEFAULT_POOL_SIZE = define(
            "default_pool_size",
            List.of("pool_size"),
            count(),
            20,
            "The most servers of a pool, that is for one database and user; 0 for no limit.",
            PER_DATABASE,
            PER_USER);
    public static final Setting<Integer> MIN_POOL_SIZE = define(
            "min_pool_size",
            count(),
            0,
            "Servers to keep open in a pool that has a forced user or a client.",
            PER_DATABASE);
    public static final Setting<Integer> RESERVE_POOL_SIZE = define(
            "reserve_pool_size",
            List.of("reserve_pool_size", "reserve_pool"),
            count(),
            0,
            "Further servers of a pool when a client has waited for reserve_pool_timeout.",
            PER_DATABASE,
            PER_USER);
    public static final Setting<Duration> RESERVE_POOL_TIMEOUT = define(
            "reserve_pool_timeout",
            duration(),
            Duration.ofSeconds(5),
            "How long a client waits before the reserve is used; 0 for never.");
    public static final Setting<Integer> MAX_DB_CONNECTIONS = define(
            "max_db_connections",
            count(),
            0,
            "The most servers of a database, of all users; 0 for no limit.",
            PER_DATABASE,
            ZERO_INHERITS);
    public static final Setting<Integer> MAX_DB_CLIENT_CONNECTIONS = define(
            "max_db_client_connections",
            count(),
            0,
            "The most clients of a database; 0 for no limit.",
            PER_DATABASE,
            ZERO_INHERITS);
    public static final Setting<Integer> MAX_USER_CONNECTIONS = define(
            "max_user_connections",
            count(),
            0,
            "The most servers of a user, in all databases; 0 for no limit.",
            PER_USER,
            ZERO_INHERITS);
    public static final Setting<Integer> MAX_USER_CLIENT_CONNECTIONS = define(
            "max_user_client_connections",
            count(),
            0,
            "The most clients of a user; 0 for no limit.",
            PER_USER,
            ZERO_INHERITS);
    public static final Setting<Boolean> SERVER_ROUND_ROBIN = define(
            "server_round_robin", flag(), false, "Take the server that was idle longest instead of the one used last.");
    public static final Setting<Integer> PEER_ID =
            define("peer_id", integer(0, 16383), 0, "This process among its peers; 0 for none.");
    public static final Setting<Duration> POOL_IDLE_TIMEOUT = define(
            "pool_idle_timeout", duration(), Duration.ZERO, "Forget an empty pool after this time; 0 for never.");

    // Sessions

    public static final Setting<List<String>> TRACK_EXTRA_PARAMETERS = withoutMeaning(
            "track_extra_parameters",
            commaList(),
            List.of("IntervalStyle"),
            "Further reported parameters to keep for each client.",
            "Every setting of a session is kept for its client, whether the server reports it or not; see session_features.",
            AT_START_ONLY);
    public static final Setting<List<String>> IGNORE_STARTUP_PARAMETERS = define(
            "ignore_startup_parameters",
            commaList(),
            List.of(),
            "Startup parameters of clients to drop instead of refusing them.");
    public static final Setting<Boolean> DISABLE_PQEXEC =
            define("disable_pqexec", flag(), false, "Refuse the simple query protocol.", AT_START_ONLY);
    public static final Setting<Boolean> APPLICATION_NAME_ADD_HOST = define(
            "application_name_add_host", flag(), false, "Add the client's address and port to application_name.");
    public static final Setting<Integer> MAX_PREPARED_STATEMENTS = define(
            "max_prepared_statements",
            count(),
            200,
            "Prepared statements to keep on a server; 0 leaves them to the client.");
    public static final Setting<SessionFeatures> SESSION_FEATURES = define(
            "session_features",
            sessionFeatures(),
            SessionFeatures.DEFAULT,
            "What happens to prepared statements, settings and the like between transactions: track, pin, reject, ignore.",
            PER_DATABASE,
            PER_USER);
    public static final Setting<Integer> MAX_PREPARED_STATEMENT_MEMORY = define(
            "max_prepared_statement_memory",
            count(),
            64 * 1024,
            "The most that the prepared statements of a pool's clients may take, in kB; 0 for no limit.");

    // Authentication

    public static final Setting<AuthType> AUTH_TYPE = define(
            "auth_type",
            onlyNow(
                    AuthType.class,
                    "pam is not supported: use ldap for passwords of a directory, peer by hba for users of this machine, or"
                            + " scram-sha-256",
                    EnumSet.complementOf(EnumSet.of(AuthType.PAM))),
            AuthType.MD5,
            "How clients prove who they are.");
    public static final Setting<String> AUTH_FILE =
            define("auth_file", text(), "", "The file of users and their secrets.", NO_DEFAULT);
    public static final Setting<String> AUTH_HBA_FILE =
            define("auth_hba_file", text(), "", "The rules for auth_type hba.");
    public static final Setting<String> AUTH_IDENT_FILE =
            define("auth_ident_file", text(), "", "The user name maps for the rules of auth_hba_file.", NO_DEFAULT);
    public static final Setting<String> AUTH_USER =
            define("auth_user", text(), "", "The user that runs auth_query.", PER_DATABASE, NO_DEFAULT);
    public static final Setting<String> AUTH_QUERY = define(
            "auth_query",
            text(),
            "SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END"
                    + " FROM pg_authid WHERE rolname=$1 AND rolcanlogin",
            "The query for the secret of a user that is not in auth_file.",
            PER_DATABASE);
    public static final Setting<String> AUTH_DBNAME = define(
            "auth_dbname", databaseOfServers(), "", "The database in which auth_query runs.", PER_DATABASE, NO_DEFAULT);
    public static final Setting<LdapOptions> AUTH_LDAP_OPTIONS = define(
            "auth_ldap_options",
            ldapOptions(),
            LdapOptions.NONE,
            "The directory for auth_type ldap, in the options of the method ldap of pg_hba.conf.",
            NO_DEFAULT);
    public static final Setting<Integer> SCRAM_ITERATIONS = define(
            "scram_iterations",
            integer(1, Integer.MAX_VALUE),
            4096,
            "Iterations of the SCRAM secret that is made from a plain password.");

    // Log

    public static final Setting<LogFormat> LOG_FORMAT = define(
            "log_format",
            oneOf(LogFormat.class),
            LogFormat.PGBOUNCER,
            "How a line of the log looks: as PgBouncer's, as text with thread and part, or as JSON.");
    public static final Setting<Boolean> SYSLOG =
            define("syslog", flag(), false, "Write the log to the system's syslog, too.");
    public static final Setting<String> SYSLOG_IDENT =
            define("syslog_ident", text(), "pgbouncer", "The name of the process in syslog.");
    public static final Setting<SyslogFacility> SYSLOG_FACILITY =
            define("syslog_facility", oneOf(SyslogFacility.class), SyslogFacility.DAEMON, "The facility in syslog.");
    public static final Setting<Boolean> LOG_CONNECTIONS =
            define("log_connections", flag(), true, "Log each attempt to log in, and each new connection to a server.");
    public static final Setting<Boolean> LOG_DISCONNECTIONS =
            define("log_disconnections", flag(), true, "Log each closed connection with the reason.");
    public static final Setting<Boolean> LOG_POOLER_ERRORS =
            define("log_pooler_errors", flag(), true, "Log the errors that clients are sent.");
    public static final Setting<Boolean> LOG_STATS =
            define("log_stats", flag(), true, "Log the statistics once every stats_period.");
    public static final Setting<Duration> STATS_PERIOD = define(
            "stats_period",
            durationFrom(Duration.ofSeconds(1)),
            Duration.ofSeconds(60),
            "The time over which averages are taken.");
    public static final Setting<Integer> VERBOSE =
            define("verbose", integer(0, 10), 0, "How much more to log.", NO_DEFAULT);

    // Observation

    public static final Setting<String> HTTP_LISTEN = define(
            "http_listen",
            optionalAddress(),
            "127.0.0.1:9127",
            "Where metrics and health are served; a pgbouncer.ini that does not name it opens no port.",
            AT_START_ONLY);

    // Console

    public static final Setting<List<String>> ADMIN_USERS =
            define("admin_users", commaList(), List.of(), "Who may do everything on the console.");
    public static final Setting<List<String>> STATS_USERS =
            define("stats_users", commaList(), List.of(), "Who may look at the console.");
    public static final Setting<Duration> SUSPEND_TIMEOUT = define(
            "suspend_timeout", duration(), Duration.ofSeconds(10), "How long SUSPEND waits for buffers to be written.");
    public static final Setting<String> LOGIN_NOTIFY_MESSAGE =
            define("login_notify_message", text(), "", "A notice for each client after its login.");

    // Servers

    public static final Setting<String> SERVER_RESET_QUERY = define(
            "server_reset_query",
            text(),
            "DISCARD ALL",
            "What a server runs when a client of session mode leaves it; empty for nothing.");
    public static final Setting<Boolean> SERVER_RESET_QUERY_ALWAYS =
            define("server_reset_query_always", flag(), false, "Run server_reset_query in all modes.");
    public static final Setting<Duration> SERVER_CHECK_DELAY = define(
            "server_check_delay",
            duration(),
            Duration.ofSeconds(30),
            "A server that was idle for longer is checked before use; 0 for always.");
    public static final Setting<String> SERVER_CHECK_QUERY = define(
            "server_check_query",
            text(),
            "<empty>",
            "What checks a server: a query, <empty> for an empty query, or nothing for no check.");
    public static final Setting<Boolean> SERVER_FAST_CLOSE =
            define("server_fast_close", flag(), false, "Close a server of session mode that has to be closed at once.");
    public static final Setting<Duration> SERVER_LIFETIME = define(
            "server_lifetime",
            duration(),
            Duration.ofSeconds(3600),
            "Close an unused server at this age; 0 after one use.",
            PER_DATABASE,
            ZERO_INHERITS);
    public static final Setting<Duration> SERVER_IDLE_TIMEOUT = define(
            "server_idle_timeout",
            duration(),
            Duration.ofSeconds(600),
            "Close a server that was idle for so long; 0 for never.");
    public static final Setting<Duration> SERVER_CONNECT_TIMEOUT = define(
            "server_connect_timeout",
            duration(),
            Duration.ofSeconds(15),
            "How long connecting and logging in may take.");
    public static final Setting<Duration> SERVER_LOGIN_RETRY =
            define("server_login_retry", duration(), Duration.ofSeconds(15), "The pause after a failed login.");
    public static final Setting<Duration> AUTODB_IDLE_TIMEOUT = define(
            "autodb_idle_timeout",
            duration(),
            Duration.ofSeconds(3600),
            "Forget an unused database that came from * after this time; 0 for never.");

    // Clients

    public static final Setting<Duration> CLIENT_LOGIN_TIMEOUT =
            define("client_login_timeout", duration(), Duration.ofSeconds(60), "How long a client's login may take.");
    public static final Setting<Duration> QUERY_TIMEOUT = define(
            "query_timeout",
            duration(),
            Duration.ZERO,
            "Cancel a query that takes longer, and close its client; 0 for never.",
            PER_USER,
            ZERO_INHERITS);
    public static final Setting<Duration> QUERY_WAIT_TIMEOUT = define(
            "query_wait_timeout",
            duration(),
            Duration.ofSeconds(120),
            "Close a client that waits longer for a server; 0 for never.",
            PER_DATABASE,
            PER_USER);
    public static final Setting<Duration> QUERY_WAIT_NOTIFY = define(
            "query_wait_notify",
            duration(),
            Duration.ofSeconds(5),
            "Send a notice to a client whose query waits longer for a server; 0 for none.");
    public static final Setting<Duration> CANCEL_WAIT_TIMEOUT = define(
            "cancel_wait_timeout",
            duration(),
            Duration.ofSeconds(10),
            "Drop a cancel request that waits longer for a server; 0 for never.");
    public static final Setting<Duration> CLIENT_IDLE_TIMEOUT = define(
            "client_idle_timeout",
            duration(),
            Duration.ZERO,
            "Close a client that was idle for so long; 0 for never.",
            PER_USER,
            ZERO_INHERITS);
    public static final Setting<Duration> IDLE_TRANSACTION_TIMEOUT = define(
            "idle_transaction_timeout",
            duration(),
            Duration.ZERO,
            "Close a client that was idle in a transaction for so long; 0 for never.",
            PER_USER,
            ZERO_INHERITS);
    public static final Setting<Duration> TRANSACTION_TIMEOUT = define(
            "transaction_timeout",
            duration(),
            Duration.ZERO,
            "Roll back a transaction that takes longer, and close its client; 0 for never.",
            PER_USER,
            ZERO_INHERITS);

    // Names of hosts

    public static final Setting<Duration> DNS_MAX_TTL =
            define("dns_max_ttl", duration(), Duration.ofSeconds(15), "How long an address is kept.");
    public static final Setting<Duration> DNS_NXDOMAIN_TTL =
            define("dns_nxdomain_ttl", duration(), Duration.ofSeconds(15), "How long a missing name is kept.");
    public static final Setting<Duration> DNS_ZONE_CHECK_PERIOD = withoutMeaning(
            "dns_zone_check_period",
            duration(),
            Duration.ZERO,
            "How often to look for new zone serials; 0 for never.",
            "Names of hosts with servers are looked up again after each dns_max_ttl.");
    public static final Setting<String> RESOLV_CONF = withoutMeaning(
            "resolv_conf",
            text(),
            "",
            "Another resolv.conf.",
            "The operating system is asked for names, as it is configured.",
            AT_START_ONLY);

    // TLS

    public static final Setting<TlsEngine> TLS_ENGINE = define(
            "tls_engine",
            oneOf(TlsEngine.class),
            TlsEngine.AUTO,
            "Who does TLS: boringssl or jdk; auto takes BoringSSL where it works.");
    public static final Setting<SslMode> CLIENT_TLS_SSLMODE = define(
            "client_tls_sslmode",
            oneOf(SslMode.class),
            SslMode.DISABLE,
            "TLS on connections of clients: disable, allow, prefer, require, or with a certificate verify-ca, verify-full.");
    public static final Setting<List<String>> CLIENT_TLS_KEY_FILE = define(
            "client_tls_key_file",
            commaList(),
            List.of(),
            "The private key for clients; one for each file of client_tls_cert_file.");
    public static final Setting<List<String>> CLIENT_TLS_CERT_FILE = define(
            "client_tls_cert_file",
            commaList(),
            List.of(),
            "The certificate for clients, with its chain; several files for several host names.");
    public static final Setting<String> CLIENT_TLS_CA_FILE =
            define("client_tls_ca_file", text(), "", "The authorities that clients' certificates may come from.");
    public static final Setting<String> CLIENT_TLS_CRL_FILE =
            define("client_tls_crl_file", text(), "", "The lists of clients' certificates that have been revoked.");
    public static final Setting<Set<TlsProtocol>> CLIENT_TLS_PROTOCOLS =
            define("client_tls_protocols", tlsProtocols(), TlsProtocol.SECURE, "The TLS versions for clients.");
    public static final Setting<String> CLIENT_TLS_CIPHERS =
            define("client_tls_ciphers", text(), "default", "The TLS 1.2 ciphers for clients.");
    public static final Setting<String> CLIENT_TLS13_CIPHERS =
            define("client_tls13_ciphers", text(), "", "The TLS 1.3 ciphers for clients.", NO_DEFAULT);
    public static final Setting<String> CLIENT_TLS_ECDHCURVE =
            define("client_tls_ecdhcurve", text(), "auto", "The curve for key exchange with clients.");
    public static final Setting<String> CLIENT_TLS_DHEPARAMS = withoutMeaning(
            "client_tls_dheparams",
            text(),
            "auto",
            "The parameters for DHE key exchange with clients.",
            "BoringSSL has no DHE, and Java takes safe parameters by itself.");
    public static final Setting<SslMode> SERVER_TLS_SSLMODE = define(
            "server_tls_sslmode",
            oneOf(SslMode.class),
            SslMode.PREFER,
            "TLS on connections to servers: disable, allow, prefer, require, or with their certificate verify-ca, verify-full.",
            PER_DATABASE);
    public static final Setting<String> SERVER_TLS_CA_FILE = define(
            "server_tls_ca_file",
            text(),
            "",
            "The authorities that servers' certificates may come from.",
            PER_DATABASE);
    public static final Setting<String> SERVER_TLS_CRL_FILE = define(
            "server_tls_crl_file",
            text(),
            "",
            "The lists of servers' certificates that have been revoked.",
            PER_DATABASE);
    public static final Setting<String> SERVER_TLS_KEY_FILE =
            define("server_tls_key_file", text(), "", "The private key for servers.", PER_DATABASE);
    public static final Setting<String> SERVER_TLS_CERT_FILE = define(
            "server_tls_cert_file",
            text(),
            "",
            "The certificate for servers that ask for one, with its chain.",
            PER_DATABASE);
    public static final Setting<Set<TlsProtocol>> SERVER_TLS_PROTOCOLS = define(
            "server_tls_protocols", tlsProtocols(), TlsProtocol.SECURE, "The TLS versions for servers.", PER_DATABASE);
    public static final Setting<String> SERVER_TLS_CIPHERS =
            define("server_tls_ciphers", text(), "default", "The TLS 1.2 ciphers for servers.", PER_DATABASE);
    public static final Setting<String> SERVER_TLS13_CIPHERS =
            define("server_tls13_ciphers", text(), "", "The TLS 1.3 ciphers for servers.", PER_DATABASE, NO_DEFAULT);

    // Network

    public static final Setting<Integer> PKT_BUF = withoutMeaning(
            "pkt_buf",
            integer(1, Integer.MAX_VALUE),
            4096,
            "The size of a connection's buffer.",
            "Buffers are taken for each read and sized by what has come; an idle connection has none.",
            AT_START_ONLY);
    public static final Setting<Integer> MAX_PACKET_SIZE = define(
            "max_packet_size",
            integer(1, Integer.MAX_VALUE),
            Integer.MAX_VALUE,
            "The longest message that may pass; a longer one ends the connection.");
    public static final Setting<Integer> SBUF_LOOPCNT = withoutMeaning(
            "sbuf_loopcnt",
            count(),
            5,
            "How often to read from one connection before the others get their turn.",
            "The event loop gives each connection a bounded number of reads by itself.");
    public static final Setting<Boolean> SO_REUSEPORT =
            define("so_reuseport", flag(), false, "Let several processes listen on the same TCP port.", AT_START_ONLY);
    public static final Setting<Integer> TCP_DEFER_ACCEPT = define(
            "tcp_defer_accept",
            count(),
            1,
            "Accept a TCP connection when its first bytes are there, or about so many seconds have passed; not with nio.");
    public static final Setting<Boolean> TCP_KEEPALIVE =
            define("tcp_keepalive", flag(), true, "Keep-alive probes on TCP connections.");
    public static final Setting<Integer> TCP_KEEPCNT =
            define("tcp_keepcnt", count(), 0, "Lost probes that end a connection; 0 for the system's value.");
    public static final Setting<Integer> TCP_KEEPIDLE =
            define("tcp_keepidle", count(), 0, "Idle seconds before a probe; 0 for the system's value.");
    public static final Setting<Integer> TCP_KEEPINTVL =
            define("tcp_keepintvl", count(), 0, "Seconds between probes; 0 for the system's value.");
    public static final Setting<Integer> TCP_SOCKET_BUFFER =
            define("tcp_socket_buffer", count(), 0, "Bytes of the system's socket buffers; 0 for its own choice.");
    public static final Setting<Integer> TCP_USER_TIMEOUT = define(
            "tcp_user_timeout",
            count(),
            0,
            "Milliseconds without an acknowledgement that end a connection; 0 for the system's value.");

    private Settings() {}

    /** All settings in alphabetical order. */
    public static Collection<Setting<?>> all() {
        return Collections.unmodifiableCollection(TABLE.values());
    }

    /** The setting of that name in the global section. */
    public static Optional<Setting<?>> find(String name) {
        return Optional.ofNullable(TABLE.get(name));
    }

    /** The setting that a database or a user overrides by that name. */
    static Optional<Setting<?>> findOverride(Scope scope, String key) {
        for (Setting<?> setting : TABLE.values()) {
            if (setting.isOverriddenAs(scope, key)) {
                return Optional.of(setting);
            }
        }
        return Optional.empty();
    }

    static Set<String> names() {
        return Collections.unmodifiableSet(TABLE.keySet());
    }

    private static <T> Setting<T> define(
            String name, SettingType<T> type, T defaultValue, String doc, Trait... traits) {
        return define(name, List.of(name), type, defaultValue, doc, traits);
    }

    /** A setting of PgBouncer's that files may have, and that there is nothing to do for here. */
    private static <T> Setting<T> withoutMeaning(
            String name, SettingType<T> type, T defaultValue, String doc, String why, Trait... traits) {
        return define(name, List.of(name), type, defaultValue, doc, why, traits);
    }

    private static <T> Setting<T> define(
            String name, List<String> overrideNames, SettingType<T> type, T defaultValue, String doc, Trait... traits) {
        return define(name, overrideNames, type, defaultValue, doc, null, traits);
    }

    private static <T> Setting<T> define(
            String name,
            List<String> overrideNames,
            SettingType<T> type,
            T defaultValue,
            String doc,
            String whyWithoutMeaning,
            Trait[] traits) {
        Set<Trait> set = EnumSet.noneOf(Trait.class);
        Collections.addAll(set, traits);
        Setting<T> setting = new Setting<>(name, overrideNames, type, defaultValue, set, doc, whyWithoutMeaning);
        if (TABLE.put(name, setting) != null) {
            throw new IllegalStateException("two settings have the name " + name);
        }
        return setting;
    }
}
