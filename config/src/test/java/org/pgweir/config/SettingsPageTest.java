package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The page of settings is what the table says. */
class SettingsPageTest {
    private static final Path PAGE = Path.of("..", "docs", "settings.md");

    @Test
    void givenTheTableOfSettings_whenThePageIsWritten_thenItIsTheOneInDocs() throws IOException {
        if (Boolean.getBoolean("pgweir.write")) {
            Files.writeString(PAGE, SettingsPage.text());
        }

        assertThat(Files.exists(PAGE) ? Files.readString(PAGE) : "")
                .as("docs/settings.md is stale; write it anew: " + SettingsPage.COMMAND)
                .isEqualTo(SettingsPage.text());
    }

    @Test
    void givenTheKeysOfDatabases_whenThePageIsRead_thenItHasThemAll() {
        assertThat(DatabaseAssembler.KEYS)
                .allSatisfy(key -> assertThat(SettingsPage.text()).contains("`" + key + "`"));
    }
}
