package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.proxy.PoolerProcess;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.WireClient;

/** A host whose name leads elsewhere after a while, as after a failover. A process of its own, whose hosts file is the test's. */
final class NameChangeTest {
    @Test
    void serversFollowTheNameOfTheirHost(@TempDir Path folder) throws IOException {
        Path hosts = folder.resolve("hosts");
        Files.writeString(hosts, "127.0.0.1 db.pgweir.test\n");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                        .setting("listen_addresses", "127.0.0.1,127.0.0.2")
                        .start();
                PoolerProcess pooler = PoolerProcess.in(folder)
                        .databases("test = host=db.pgweir.test port=" + postgres.port() + " dbname=postgres")
                        .set("dns_max_ttl", "1")
                        .jvmOption("-Djdk.net.hosts.file=" + hosts)
                        .start()
                        .awaitUp();
                WireClient client = WireClient.connect("127.0.0.1", pooler.port());
                WireClient busy = WireClient.connect("127.0.0.1", pooler.port())) {
            client.login("postgres", "", "test");
            busy.login("postgres", "", "test");
            assertThat(place(client)).isEqualTo("127.0.0.1");
            busy.query("BEGIN");
            assertThat(place(busy)).isEqualTo("127.0.0.1");

            Files.writeString(hosts, "127.0.0.2 db.pgweir.test\n");

            Await.until("the new place", () -> place(client).equals("127.0.0.2"));
            // a transaction stays where it is to its end
            assertThat(place(busy)).isEqualTo("127.0.0.1");
            busy.query("COMMIT");
            Await.until("the new place", () -> place(busy).equals("127.0.0.2"));
        }
    }

    private static String place(WireClient client) {
        List<List<String>> rows = client.query("SELECT host(inet_server_addr())");
        return rows.get(0).get(0);
    }
}
