package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connection strings, hosts and the keys of databases. */
class DatabasesTest {

    @TempDir
    Path folder;

    private Written written;

    @BeforeEach
    void setUp() {
        written = new Written(folder);
    }

    private DatabaseConfig database(String connectionString) throws Exception {
        return written.ini("[databases]\na = " + connectionString + "\n")
                .database("a")
                .orElseThrow();
    }

    private ConfigurationException error(String connectionString) {
        return written.iniError("[databases]\na = " + connectionString + "\n");
    }

    @Test
    void givenAllKeys_whenLoaded_thenEachIsInItsPlace() throws Exception {
        DatabaseConfig database = database("host=h port=1 dbname=d user=u password='p w' connect_query='SELECT ''x'''"
                + " load_balance_hosts=disable client_encoding=UTF8 datestyle=ISO timezone=UTC application_name=app"
                + " pool_mode=transaction pool_size=1 min_pool_size=2 reserve_pool_size=3 max_db_connections=4"
                + " max_db_client_connections=5 server_lifetime=6 query_wait_timeout=7 auth_user=au auth_query=aq"
                + " auth_dbname=ad");

        assertThat(database.name()).isEqualTo("a");
        assertThat(database.hosts()).containsExactly(new HostAddress("h", 1));
        assertThat(database.dbname()).isEqualTo("d");
        assertThat(database.user()).isEqualTo("u");
        assertThat(database.hasForcedUser()).isTrue();
        assertThat(database.password()).isEqualTo("p w");
        assertThat(database.connectQuery()).isEqualTo("SELECT 'x'");
        assertThat(database.loadBalanceHosts()).isEqualTo(LoadBalanceHosts.DISABLE);
        assertThat(database.startupParameters())
                .containsEntry("client_encoding", "UTF8")
                .containsEntry("datestyle", "ISO")
                .containsEntry("timezone", "UTC")
                .containsEntry("application_name", "app")
                .hasSize(4);
        SettingValues values = database.values();
        assertThat(values.get(Settings.POOL_MODE)).isEqualTo(PoolMode.TRANSACTION);
        assertThat(values.get(Settings.DEFAULT_POOL_SIZE)).isEqualTo(1);
        assertThat(values.get(Settings.MIN_POOL_SIZE)).isEqualTo(2);
        assertThat(values.get(Settings.RESERVE_POOL_SIZE)).isEqualTo(3);
        assertThat(values.get(Settings.MAX_DB_CONNECTIONS)).isEqualTo(4);
        assertThat(values.get(Settings.MAX_DB_CLIENT_CONNECTIONS)).isEqualTo(5);
        assertThat(values.get(Settings.SERVER_LIFETIME)).isEqualTo(Duration.ofSeconds(6));
        assertThat(values.get(Settings.QUERY_WAIT_TIMEOUT)).isEqualTo(Duration.ofSeconds(7));
        assertThat(values.get(Settings.AUTH_USER)).isEqualTo("au");
        assertThat(values.get(Settings.AUTH_QUERY)).isEqualTo("aq");
        assertThat(values.get(Settings.AUTH_DBNAME)).isEqualTo("ad");
    }

    @Test
    void givenNoKeys_whenLoaded_thenTheNameAndTheUnixSocketAreTheDefaults() throws Exception {
        DatabaseConfig database = database("");

        assertThat(database.dbname()).isEqualTo("a");
        assertThat(database.hosts()).containsExactly(new HostAddress("/tmp", 5432));
        assertThat(database.user()).isNull();
        assertThat(database.password()).isNull();
        assertThat(database.connectQuery()).isNull();
        assertThat(database.loadBalanceHosts()).isEqualTo(LoadBalanceHosts.ROUND_ROBIN);
        assertThat(database.startupParameters()).isEmpty();
        assertThat(database.values().settings()).isEmpty();
    }

    @Test
    void givenAUnixSocketDirBehindTheDatabase_whenLoaded_thenItIsTheDefaultHost() throws Exception {
        Configuration configuration =
                written.ini("[databases]\na = port=5433\n[pgbouncer]\nunix_socket_dir = /run/postgresql\n");

        HostAddress host = configuration.database("a").orElseThrow().hosts().get(0);
        assertThat(host.isUnixSocket()).isTrue();
        assertThat(host.unixSocketPath()).isEqualTo("/run/postgresql/.s.PGSQL.5433");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "host=a,b                | [a:5432, b:5432]",
                "host=a,b port=1         | [a:1, b:1]",
                "host=a,b,c port=1,,3    | [a:1, b:5432, c:3]",
                "host=::1,10.0.0.1       | [[::1]:5432, 10.0.0.1:5432]",
                "host=/var/run port=7    | [/var/run:7]",
                "host='a, b' port='1, 2' | [a:1, b:2]"
            })
    void givenListsOfHostsAndPorts_whenLoaded_thenTheyPairAsInLibpq(String text, String expected) throws Exception {
        assertThat(database(text).hosts()).hasToString(expected);
    }

    @Test
    void givenPortsThatDoNotMatchTheHosts_whenLoaded_thenTheyAreRefused() {
        assertThat(error("host=a,b,c port=1,2"))
                .hasMessage(written.at("pgbouncer.ini", 2)
                        + "port = \"1,2\": expected one port for all hosts, or one for each of the 3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"host=a,,b", "host=,a", "host=a,", "host=,"})
    void givenAnEmptyHostInAList_whenLoaded_thenItIsRefused(String text) {
        assertThat(error(text)).hasMessageEndingWith("expected a name, an address or a folder between all commas");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "65536", "http", "5432x", "-1"})
    void givenABadPort_whenLoaded_thenItIsRefused(String port) {
        assertThat(error("host=a port=" + port))
                .hasMessage(written.at("pgbouncer.ini", 2) + "port = \"" + port
                        + "\": expected a whole number from 1 to 65535");
    }

    @Test
    void givenBlanksAroundTheEqualsSign_whenLoaded_thenTheyDoNotMatter() throws Exception {
        assertThat(database("host = h\tport =1 dbname= d").toString())
                .isEqualTo(database("host=h port=1 dbname=d").toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "password='secret1          | password of database \"\"a\"\" has no closing quote",
                "password='secret1'x        | password of database \"\"a\"\" goes on behind its closing quote",
                "password=''                | password of database \"\"a\"\" has an empty value",
                "host=                      | host of database \"\"a\"\" has an empty value",
                "password=x secret1         | expected key=value at character 19",
                "=secret1                   | expected key=value at character 1",
            })
    void givenABrokenConnectionString_whenLoaded_thenTheErrorIsClearWithoutThePassword(String text, String end) {
        assertThat(error(text)).hasMessageEndingWith(end.replace("\"\"", "\"")).hasMessageNotContaining("secret1");
    }

    @Test
    void givenAnUnknownKey_whenLoaded_thenTheNearestIsNamed() {
        assertThat(error("host=h pool_sise=5"))
                .hasMessage(written.at("pgbouncer.ini", 2)
                        + "unknown key \"pool_sise\" in database \"a\"; did you mean \"pool_size\"?");
        assertThat(error("hots=h")).hasMessageEndingWith("did you mean \"host\"?");
        assertThat(error("zzzzzzzzzzzz=h")).hasMessageEndingWith("in database \"a\"");
    }

    @Test
    void givenAGlobalSetting_whenSetForADatabase_thenTheErrorSaysSo() {
        assertThat(error("log_stats=0"))
                .hasMessageEndingWith(
                        "\"log_stats\" cannot be set for a database, here database \"a\"; it is a global setting");
        assertThat(error("default_pool_size=0")).hasMessageContaining("cannot be set for a database");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pool_mode=banana",
                "pool_size=banana",
                "pool_size=-1",
                "min_pool_size=x",
                "reserve_pool=x",
                "max_db_connections=1.5",
                "server_lifetime=soon",
                "query_wait_timeout=-5",
                "load_balance_hosts=random"
            })
    void givenABadValue_whenLoaded_thenTheErrorNamesKeyAndValue(String pair) {
        String[] parts = pair.split("=");

        ConfigurationException error = error("host=h " + pair);

        assertThat(error.key()).isEqualTo(parts[0]);
        assertThat(error.found()).isEqualTo(parts[1]);
        assertThat(error.allowed()).isNotBlank();
        assertThat(error).hasMessageContaining(":2: " + parts[0] + " = \"" + parts[1] + "\": expected ");
    }

    @Test
    void givenTheOldNameOfTheReserve_whenLoaded_thenItIsUnderstood() throws Exception {
        assertThat(database("reserve_pool=9").values().get(Settings.RESERVE_POOL_SIZE))
                .isEqualTo(9);
    }

    @Test
    void givenTheConsolesName_whenUsedForADatabase_thenItIsRefused() {
        assertThat(written.iniError("[databases]\npgbouncer = host=h\n"))
                .hasMessageEndingWith("the name \"pgbouncer\" is reserved for the console");
    }

    @Test
    void givenAnEmptyName_whenUsedForADatabase_thenItIsRefused() {
        assertThat(written.iniError("[databases]\n'' = host=h\n"))
                .hasMessageEndingWith("the name of a database is empty");
    }

    @Test
    void givenAFallback_whenAnUnknownDatabaseIsAskedFor_thenItIsAnInstanceOfIt() throws Exception {
        Configuration configuration = written.ini("[databases]\na = host=x\n* = host=y pool_size=3\n");

        assertThat(configuration.databases()).containsOnlyKeys("a");
        assertThat(configuration.fallback().orElseThrow().dbname()).isNull();
        assertThat(configuration.database("a").orElseThrow().hosts()).hasToString("[x:5432]");
        DatabaseConfig other = configuration.database("other").orElseThrow();
        assertThat(other.name()).isEqualTo("other");
        assertThat(other.dbname()).isEqualTo("other");
        assertThat(other.hosts()).hasToString("[y:5432]");
        assertThat(other.values().get(Settings.DEFAULT_POOL_SIZE)).isEqualTo(3);
    }

    @Test
    void givenAFallbackWithADbname_whenInstantiated_thenTheDbnameStays() throws Exception {
        Configuration configuration = written.ini("[databases]\n* = host=y dbname=fixed\n");

        assertThat(configuration.database("other").orElseThrow().dbname()).isEqualTo("fixed");
    }

    @Test
    void givenNoFallback_whenAnUnknownDatabaseIsAskedFor_thenThereIsNone() throws Exception {
        Configuration configuration = written.ini("[databases]\na = host=x\n");

        assertThat(configuration.fallback()).isEmpty();
        assertThat(configuration.database("other")).isEmpty();
    }

    @Test
    void givenAPassword_whenADatabaseIsShown_thenThePasswordIsNot() throws Exception {
        Configuration configuration = written.ini("[databases]\na = user=u password=secret1\n");

        assertThat(configuration.databases().toString())
                .contains("password=***")
                .doesNotContain("secret1");
        assertThat(configuration.toString()).doesNotContain("secret1");
    }
}
