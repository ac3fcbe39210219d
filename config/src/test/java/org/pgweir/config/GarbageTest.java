package org.pgweir.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever stands in a file: it loads, or there is a ConfigurationException, and nothing else. */
class GarbageTest {

    private static final int ROUNDS = 1500;
    private static final String[] PIECES = {
        "[pgbouncer]",
        "[databases]",
        "[users]",
        "[peers]",
        "\n",
        "\n",
        "\n",
        " = ",
        "=",
        "'",
        "\"",
        "''",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "$",
        "${",
        "%include x.ini",
        "%include",
        "#",
        ";",
        "*",
        "pgweir",
        "pgweir {",
        "databases {",
        "listen_port",
        "host",
        "port",
        "password",
        "pool_size",
        "server_lifetime",
        "unix_socket_mode",
        "pool_mode",
        "1",
        "5432",
        "99999999999999999999",
        "0x1",
        "1e400",
        "session",
        "500ms",
        "SCRAM-SHA-256$",
        "md5",
        "\0",
        "\\",
        "\\u12",
        "\t",
        " ",
        "\r",
        "ü",
        "\uD800",
        ".",
        "..",
        "+=",
        "null",
        "include \"x\"",
        "true"
    };

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"garbage.ini", "garbage.conf", "garbage.cfg", "userlist.txt"})
    void givenPiecesInRandomOrder_whenLoaded_thenOnlyConfigurationExceptionsAreThrown(String name) throws Exception {
        Random random = new Random(20260101);
        for (int round = 0; round < ROUNDS; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(60); i > 0; i--) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            }
            load(name, text.toString().getBytes(StandardCharsets.UTF_8), "round " + round);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"garbage.ini", "garbage.conf", "garbage.cfg", "userlist.txt"})
    void givenRandomBytes_whenLoaded_thenOnlyConfigurationExceptionsAreThrown(String name) throws Exception {
        Random random = new Random(42);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            load(name, bytes, "round " + round);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pgbouncer.ini", "pgweir.conf", "userlist.txt"})
    void givenAnExampleWithOneByteChanged_whenLoaded_thenOnlyConfigurationExceptionsAreThrown(String name)
            throws Exception {
        Random random = new Random(7);
        byte[] example = Files.readAllBytes(Path.of("examples").resolve(name));
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = example.clone();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            load(name, bytes, "round " + round);
        }
    }

    private void load(String name, byte[] bytes, String what) throws IOException {
        Path file = Files.write(folder.resolve(name), bytes);
        try {
            if (name.equals("userlist.txt")) {
                UserList.load(file);
            } else {
                ConfigurationLoader.load(file);
            }
        } catch (ConfigurationException expected) {
            if (expected.getMessage() == null || expected.getMessage().isBlank()) {
                throw new AssertionError(what + " has no message", expected);
            }
        } catch (RuntimeException | StackOverflowError unexpected) {
            throw new AssertionError(what + ": " + new String(bytes, StandardCharsets.UTF_8), unexpected);
        }
    }
}
