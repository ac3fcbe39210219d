package org.pgweir.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the bytes are, reading ends, throws nothing and stays within them. */
final class SqlGarbageTest {
    private static final String[] FRAGMENTS = {
        "'",
        "\"",
        "\\",
        "$",
        "$a$",
        "--",
        "/*",
        "*/",
        "E'",
        "U&\"",
        "U&'",
        "UESCAPE ",
        "'!'",
        "SET ",
        "RESET ",
        "SESSION ",
        "TIME ZONE ",
        "PREPARE ",
        "EXECUTE ",
        "EXPLAIN ",
        "(",
        ")",
        ";",
        "=",
        " TO ",
        ".",
        "CREATE TABLE ",
        " AS ",
        "\n",
        "DEALLOCATE ",
        "LISTEN ",
        "BEGIN ATOMIC ",
        "END",
        "CREATE FUNCTION ",
        "\0",
        "DISCARD ",
        "ALL ",
        "\u00e4",
        "a",
        "1e",
        "\u0081",
        "pg_temp_",
        "pg_advisory_lock",
        "INTO ",
        "TEMP ",
        "\\+01F600",
        "\\D83D",
        "+FFFFFF",
        "set_config(",
        "set_config",
        "'a'",
        "$1",
        "true",
        ", ",
        "::text",
        "pg_catalog.",
        "[",
        "]"
    };

    @ParameterizedTest
    @CsvSource({"UTF8, true", "UTF8, false", "SJIS, false", "GB18030, true"})
    void givenGarbageWhenReadThenItEnds(String encoding, boolean conforming) {
        long seed = Long.getLong("pgweir.seed", System.nanoTime());
        System.out.println("SqlGarbageTest: -Dpgweir.seed=" + seed + " for " + encoding);
        Random random = new Random(seed);
        SqlDialect dialect = SqlDialect.of(encoding, conforming);
        for (int i = 0; i < 50_000; i++) {
            byte[] text = random.nextBoolean() ? fragments(random) : bytes(random);
            // A buffer that ends where the text ends, so that no step beyond goes unseen.
            ByteBuf buffer = Unpooled.wrappedBuffer(text);
            int start = random.nextInt(text.length + 1);
            try {
                check(SqlText.read(buffer, start, text.length - start, dialect), text.length - start);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", text " + i, e);
            }
        }
    }

    private static void check(SqlText text, int length) {
        assertThat(text.statements()).isBetween(text.names().size(), length);
        assertThat(text.settingNames()).doesNotContainNull();
        assertThat(text.settingNames().isEmpty() || text.has(Effect.SETTINGS)).isTrue();
        int last = 0;
        for (NameUse use : text.names()) {
            assertThat(use.statementStart()).isBetween(last, length);
            assertThat(use.statementEnd()).isBetween(use.statementStart() + 1, length);
            if (use.name() != null) {
                assertThat(use.nameStart()).isBetween(use.statementStart(), use.nameEnd() - 1);
                assertThat(use.nameEnd()).isLessThanOrEqualTo(use.statementEnd());
            }
            if (use.valueStart() >= 0) {
                assertThat(use.valueStart()).isBetween(use.nameEnd(), use.valueEnd() - 1);
            }
            last = use.statementEnd();
        }
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] fragments(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(15); i >= 0; i--) {
            text.append(FRAGMENTS[random.nextInt(FRAGMENTS.length)]);
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'",
                "\"\"",
                "$a",
                "$a$",
                "/*",
                "U&\"a\"",
                "U&\"\" UESCAPE ",
                "'' ",
                "--",
                "SET ",
                "a.",
                "(",
                "e",
                "set_config(",
                "set_config ",
                "set_config('a',",
                "a.set_config.",
                "set_config('a', 'b', c), ",
                "1"
            })
    void givenALongRowOfTheSameWhenReadThenTheTimeIsLinear(String fragment) {
        long few = Long.MAX_VALUE;
        long many = Long.MAX_VALUE;
        // The least of several has nothing in it of what compiling costs. Sixteen times as much in the square would be
        // 256 times.
        for (int i = 0; i < 5 || i < 50 && many > 64 * few; i++) {
            few = Math.min(few, nanosToRead(fragment.repeat(10_000)));
            many = Math.min(many, nanosToRead(fragment.repeat(160_000)));
        }
        assertThat(many).isLessThanOrEqualTo(64 * few);
    }

    /** The processor's time, which others on the machine do not make longer. */
    private static long nanosToRead(String sql) {
        ByteBuf buffer = Unpooled.wrappedBuffer(sql.getBytes(StandardCharsets.US_ASCII));
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long began = threads.getCurrentThreadCpuTime();
        SqlText.read(buffer, 0, buffer.readableBytes(), SqlDialect.DEFAULT);
        return threads.getCurrentThreadCpuTime() - began;
    }
}
