package org.pgweir.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgweir.config.Configuration;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.config.Settings;

class PoolerTest {
    @ParameterizedTest
    @EnumSource
    void pgweirUnderstandsItsFile(Profile profile, @TempDir Path folder) throws IOException, ConfigurationException {
        Files.write(folder.resolve("userlist.txt"), List.of("\"postgres\" \"\""));

        Path file = Files.write(
                folder.resolve("pgbouncer.ini"),
                Pooler.configuration(Contender.pgweir("epoll", 2), profile, 33, 5432, 6432, folder));

        Configuration configuration = ConfigurationLoader.load(file);
        assertThat(configuration.databases()).containsOnlyKeys(Stage.DATABASE);
        assertThat(configuration.global().get(Settings.EVENT_LOOPS)).isEqualTo(2);
        assertThat(configuration.global().get(Settings.DEFAULT_POOL_SIZE)).isEqualTo(33);
        assertThat(configuration.global().get(Settings.POOL_MODE)).isEqualTo(profile.mode());
    }

    @ParameterizedTest
    @EnumSource
    void pgBouncerGetsNothingItDoesNotKnow(Profile profile) {
        List<String> lines = Pooler.configuration(Contender.PGBOUNCER, profile, 20, 5432, 6432, Path.of("folder"));

        assertThat(lines).contains("listen_port = 6432").noneMatch(line -> line.startsWith("transport"));
    }

    @Test
    void aSecretInALogIsFoundAndNotShown(@TempDir Path folder) throws IOException {
        Path log = Files.writeString(folder.resolve("log"), "LOG nothing to see\n");
        Pooler.requireNoSecrets(log);
        Files.writeString(log, "LOG nothing to see\nLOG the password is " + Stage.PASSWORD + "\n");
        assertThatThrownBy(() -> Pooler.requireNoSecrets(log))
                .hasMessageContaining("a secret stands in " + log)
                .hasMessageNotContaining(Stage.PASSWORD);
    }
}
