package org.pgweir.config;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Configuration files that a test writes into its own folder. */
record Written(Path folder) {

    Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    Configuration ini(String text) throws IOException, ConfigurationException {
        return ConfigurationLoader.load(file("pgbouncer.ini", text));
    }

    Configuration hocon(String text) throws IOException, ConfigurationException {
        return ConfigurationLoader.load(file("pgweir.conf", text));
    }

    /** The error of an ini file that must not load. */
    ConfigurationException iniError(String text) {
        return catchThrowableOfType(ConfigurationException.class, () -> ini(text));
    }

    /** The error of a HOCON file that must not load. */
    ConfigurationException hoconError(String text) {
        return catchThrowableOfType(ConfigurationException.class, () -> hocon(text));
    }

    /** The start of the message of an error in that line. */
    String at(String name, int line) {
        return folder.resolve(name) + ":" + line + ": ";
    }
}
