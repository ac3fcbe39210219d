package org.pgweir.proxy.route;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pgweir.config.Configuration;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.ConfigurationLoader;

/** Configurations out of a few lines of pgbouncer.ini. */
final class Configured {
    private Configured() {}

    /** @param databases the lines of the section [databases] */
    static Configuration with(Path folder, String... databases) {
        try {
            Path file = folder.resolve("pgbouncer.ini");
            Files.writeString(file, "[databases]\n" + String.join("\n", databases) + "\n[pgbouncer]\n");
            return ConfigurationLoader.load(file);
        } catch (IOException | ConfigurationException e) {
            throw new AssertionError(e);
        }
    }
}
