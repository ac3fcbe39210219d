package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pgbouncer.ini and what is made of it say the same. */
class HoconWriterTest {

    @TempDir
    Path folder;

    private Written written;

    @BeforeEach
    void setUp() {
        written = new Written(folder);
    }

    private String converted(String ini) throws Exception {
        return ConfigurationLoader.asHocon(written.file("pgbouncer.ini", ini));
    }

    /** Loads both, and compares all but the name of the file. */
    private Configuration same(Path ini) throws Exception {
        Configuration before = ConfigurationLoader.load(ini);
        Path conf = written.file("pgweir.conf", ConfigurationLoader.asHocon(ini));
        Configuration after = ConfigurationLoader.load(conf);
        assertThat(after.global())
                .isEqualTo(withAuthFileOf(after, before.global())
                        .with(Settings.CONFFILE, after.global().get(Settings.CONFFILE)));
        assertThat(after.databases()).isEqualTo(before.databases());
        assertThat(after.databases().keySet())
                .containsExactlyElementsOf(before.databases().keySet());
        assertThat(after.fallback()).isEqualTo(before.fallback());
        assertThat(after.users()).isEqualTo(before.users());
        assertThat(after.peers()).isEqualTo(before.peers());
        assertThat(after.withoutEffect()).isEqualTo(before.withoutEffect());
        assertThat(after.userList().size()).isEqualTo(before.userList().size());
        return after;
    }

    /** Its path may have become absolute; that it is the same file the user list tells. */
    private static SettingValues withAuthFileOf(Configuration other, SettingValues values) {
        return other.global().isSet(Settings.AUTH_FILE)
                ? values.with(Settings.AUTH_FILE, other.global().get(Settings.AUTH_FILE))
                : values;
    }

    @Test
    void givenTheExample_whenConverted_thenItIsTheSame() throws Exception {
        Configuration after = same(Path.of("examples", "pgbouncer.ini").toAbsolutePath());

        assertThat(after.databases()).containsKey("mydb");
    }

    @Test
    void givenEverySetting_whenConverted_thenItIsTheSame() throws Exception {
        StringBuilder ini = new StringBuilder("[pgbouncer]\n");
        for (Setting<?> setting : Settings.all()) {
            String shown = SettingValues.empty().shownDefault(setting);
            ini.append(setting).append(" = ").append(shown).append('\n');
        }

        Configuration after = same(written.file("pgbouncer.ini", ini.toString()));

        assertThat(after.global().settings()).hasSameSizeAs(Settings.all());
    }

    @Test
    void givenOddNamesAndTexts_whenConverted_thenTheyAreTheSame() throws Exception {
        Files.createDirectory(folder.resolve("more"));
        written.file("more/userlist.txt", "\"app\" \"secret\"\n");
        written.file("more/include.ini", "auth_file = userlist.txt\nlisten_addr = 127.0.0.1 , ::1\n");
        Path ini = written.file("pgbouncer.ini", """
                [pgbouncer]
                unix_socket_mode = 0700
                server_lifetime = 500ms
                server_check_query = select "a" || '\\n${HOME}' -- ü
                admin_users =
                %include more/include.ini
                http_listen = 127.0.0.1:9999
                [databases]
                first = host=10.0.0.1 host=10.0.0.2
                'my "db' = password='it''s $ \\ here' connect_query='select 1; ' pool_mode=session auth_user=x
                "include" =
                true = host=a,b port=,5433 application_name=007 timezone='Europe/Berlin'
                a.b-c = host=h1,h2 port=1,2 load_balance_hosts=disable server_lifetime=60
                * = host=/run/postgresql port=1e3x
                [users]
                null = pool_size=0003 session_features=listen=pin
                [peers]
                1 = host=one
                2 = host=/tmp port=6433 pool_size=4
                """.replace("port=1e3x", "port=5432"));

        Configuration after = same(ini);

        assertThat(after.databases()).containsOnlyKeys("first", "my \"db", "include", "true", "a.b-c");
        assertThat(after.databases().get("my \"db").password()).isEqualTo("it's $ \\ here");
        assertThat(after.global().get(Settings.SERVER_CHECK_QUERY)).isEqualTo("select \"a\" || '\\n${HOME}' -- ü");
        assertThat(after.userList().contains("app")).isTrue();
    }

    @Test
    void givenComments_whenConverted_thenTheyStandWhereTheyStood() throws Exception {
        assertThat(converted("""
                ;; The shop
                [databases]
                # the big one
                shop = host=10.0.0.1
                [pgbouncer]
                pkt_buf = 8192
                ;max_client_conn = 5
                pool_mode = transaction
                so_reuseport = 1
                ; the end
                """)).isEqualTo("""
                # The same as %s.
                pgweir {
                  # The size of a connection's buffer.
                  # Without effect: %s
                  pkt_buf = 8192
                  # max_client_conn = 5
                  pool_mode = transaction
                  # %s
                  so_reuseport = 1
                  # %s
                  http_listen = ""

                  databases {
                    # ; The shop
                    # the big one
                    shop { host = "10.0.0.1" }
                  }
                  # the end
                }
                """.formatted(
                        folder.resolve("pgbouncer.ini"),
                        Settings.PKT_BUF.whyWithoutMeaning().orElseThrow(),
                        Settings.SO_REUSEPORT.doc(),
                        Settings.HTTP_LISTEN.doc()));
    }

    @Test
    void givenAFileThatDoesNotLoad_whenConverted_thenTheErrorIsTheReaders() {
        assertThatThrownBy(() -> converted("[pgbouncer]\nverbose = much\n"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(written.at("pgbouncer.ini", 2));
        assertThatThrownBy(() -> ConfigurationLoader.asHocon(written.file("pgweir.conf", "pgweir {}")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageEndingWith("HOCON already");
    }
}
