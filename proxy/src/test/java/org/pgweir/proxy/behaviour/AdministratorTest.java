package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** One session of an administrator with PgBouncer and with pgweir: tags, notices and errors are the same but for a list. */
@ExtendWith(NoComplaints.class)
final class AdministratorTest {
    /** Commands whose answers may be compared word by word; DB stands for the name of a database. */
    private static final List<String> SESSION = List.of(
            "show version",
            "SHOW VERSION;",
            "\n show\n\tversion\t; ",
            "show \"version\"",
            "\"SHOW\" \"VERSION\"",
            "select version",
            "select 1",
            "SELECT version()",
            "SHOW VERSION;;",
            "show version; show version",
            "SHOW",
            "SHOW ;",
            "show nonsense",
            "show databases x",
            "show my-db",
            "nonsense",
            "show client_encoding",
            "SHOW DateStyle",
            "show TimeZone",
            "show default_transaction_isolation",
            "show standard_conforming_strings",
            "set client_encoding = 'UTF8'",
            "SET client_encoding to utf8;",
            "set datestyle = \"ISO, MDY\"",
            "set nonsense = 3",
            "set verbose = 1",
            "set verbose to '0'",
            "set verbose=x",
            "set verbose='12",
            "set \"verbose\" = 0",
            "set pool_mode = nonsense",
            "set admin_users = 'a,b,postgres'",
            "set server_reset_query = 'it''s'",
            "set " + "a".repeat(70) + " = 1",
            "a".repeat(20),
            "show " + "a".repeat(70),
            "set",
            "set verbose",
            "pause nowhere",
            "pause pgbouncer",
            "resume",
            "resume DB",
            "resume nowhere",
            "resume pgbouncer",
            "pause DB",
            "pause DB",
            "resume",
            "resume DB",
            "pause",
            "pause",
            "pause DB",
            "kill DB",
            "suspend",
            "resume DB",
            "resume",
            "kill DB",
            "kill nowhere",
            "kill pgbouncer",
            "suspend",
            "resume",
            "resume DB",
            "suspend x",
            "suspend",
            "suspend",
            "pause",
            "resume",
            "disable",
            "disable DB",
            "disable DB",
            "disable nowhere",
            "disable pgbouncer",
            "enable",
            "enable DB",
            "enable nowhere",
            "reconnect",
            "reconnect DB",
            "reconnect nowhere",
            "reconnect pgbouncer",
            "wait_close",
            "wait_close DB",
            "wait_close nowhere",
            "wait_close pgbouncer",
            "reload",
            "reload x",
            "shutdown nonsense",
            "show help",
            "show stats",
            "show pools");

    /** What PgBouncer 1.18 answers otherwise, and what pgweir does. */
    private static final Map<String, List<String>> DIFFERENCES = Map.of(
            // Drivers ask whether the connection is alive with these.
            "", List.of("I"),
            ";", List.of("I"),
            // Tools write their names into comments.
            "show version -- of what?", List.of("T", "D", "C SHOW"),
            "/* monitoring */ show version", List.of("T", "D", "C SHOW"),
            // A silent no-op there.
            "set listen_port = 1", List.of("E 08P01 SET failed"),
            // JDBC's driver sets these.
            "set extra_float_digits = 3", List.of("N SET ignored", "C SET"),
            "set application_name = 'x'", List.of("N SET ignored", "C SET"),
            // A mistake in the text, mended in later versions.
            "enable pgbouncer", List.of("E 08P01 cannot enable admin db: pgbouncer"),
            // Newer than 1.18.
            "kill_client 999999999", List.of("E 08P01 client not found"),
            "show state", List.of("T", "D", "D", "D", "C SHOW"));

    private final EmbeddedPostgres postgres = SharedPostgres.current();

    /** Types of the messages, with tags, notices and errors; not what stands in rows. */
    private List<String> answer(WireClient console, String command) {
        List<String> answer = new ArrayList<>();
        String sent = command.replace("DB", postgres.database());
        for (Message message : console.send(Frames.query(sent)).readUntil('Z')) {
            switch (message.type()) {
                case 'C' -> answer.add("C " + message.commandTag());
                case 'N' -> answer.add("N " + message.asError().message());
                case 'E' ->
                    answer.add("E " + message.asError().sqlstate() + " "
                            + message.asError().message());
                case 'Z' -> {}
                default -> answer.add("" + message.type());
            }
        }
        return answer;
    }

    @Test
    void givenAnAdministratorWhenTheSameIsTypedThenTheSameIsAnswered() {
        try (RunningPgBouncer other = RunningPgBouncer.start(postgres);
                WireClient its = other.console("postgres");
                Pooler pooler = Pooler.builder().database(postgres, "").start();
                WireClient ours = pooler.client("postgres", "", "pgbouncer")) {
            for (String command : SESSION) {
                List<String> expected = answer(its, command);
                List<String> found = answer(ours, command);
                if (Set.of("show stats", "show pools").contains(command)) {
                    // How many rows there are depends on who has been there.
                    expected.removeIf("D"::equals);
                    found.removeIf("D"::equals);
                }
                assertThat(found).as(command).isEqualTo(expected);
            }
        }
    }

    @Test
    void givenTheListOfDifferencesWhenTypedThenEachIsOne() {
        try (RunningPgBouncer other = RunningPgBouncer.start(postgres);
                WireClient its = other.console("postgres");
                Pooler pooler = Pooler.builder().database(postgres, "").start();
                WireClient ours = pooler.client("postgres", "", "pgbouncer")) {
            DIFFERENCES.forEach((command, expected) -> {
                assertThat(answer(ours, command)).as(command).isEqualTo(expected);
                assertThat(answer(its, command)).as(command).isNotEqualTo(expected);
            });
        }
    }

    @Test
    void givenAStatsUserWhenTheSameIsTypedThenTheSameIsAnswered() {
        try (RunningPgBouncer other = RunningPgBouncer.start(postgres);
                WireClient its = other.console("stats");
                Pooler pooler = Pooler.builder().database(postgres, "").start();
                WireClient ours = pooler.client("stats", "", "pgbouncer")) {
            for (String command : List.of(
                    "show version",
                    "show fds",
                    "pause",
                    "pause nowhere",
                    "resume",
                    "kill DB",
                    "disable DB",
                    "enable DB",
                    "reconnect",
                    "wait_close",
                    "suspend",
                    "reload",
                    "reload x",
                    "shutdown",
                    "set verbose = 1",
                    "set nonsense = 1",
                    "set client_encoding = 'UTF8'")) {
                assertThat(answer(ours, command)).as(command).isEqualTo(answer(its, command));
            }
        }
    }

    @Test
    void givenTheGreetingWhenReadThenItIsPgBouncersButForTheVersion() {
        try (RunningPgBouncer other = RunningPgBouncer.start(postgres);
                WireClient its = other.console("postgres");
                Pooler pooler = Pooler.builder().database(postgres, "").start();
                WireClient ours = pooler.client("postgres", "", "pgbouncer")) {
            assertThat(ours.parameterStatus("server_version")).isEqualTo("1.25.2/bouncer");
            assertThat(its.parameterStatus("server_version")).endsWith("/bouncer");
            assertThat(ours.parameterStatus().keySet())
                    .containsExactlyElementsOf(its.parameterStatus().keySet());
            its.parameterStatus().forEach((name, value) -> {
                if (!name.equals("server_version")) {
                    assertThat(ours.parameterStatus(name)).isEqualTo(value);
                }
            });
        }
    }
}
