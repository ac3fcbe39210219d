package org.pgweir.config;

import java.io.IOException;
import java.nio.file.Path;

/** Finds and reads the user list that the configuration names. */
final class AuthFile {

    private AuthFile() {}

    /**
     * The list; an empty one if auth_file is not set.
     *
     * @param setBy where that is said: relative names are looked for beside it, and errors name it
     */
    static UserList read(SettingValues global, Position setBy) throws ConfigurationException {
        String name = global.get(Settings.AUTH_FILE);
        if (name.isEmpty()) {
            return UserList.empty();
        }
        Path file;
        try {
            file = FileText.mentioned(name, setBy.file());
            FileText.requireReadable(file);
        } catch (IOException failure) {
            throw ConfigurationException.badValue(
                    setBy,
                    Settings.AUTH_FILE.name(),
                    name,
                    "cannot read it: " + FileText.reason(failure),
                    "a user list");
        }
        return UserList.load(file);
    }
}
