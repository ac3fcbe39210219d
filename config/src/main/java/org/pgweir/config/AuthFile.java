package org.pgweir.config;

import java.io.IOException;
import java.nio.file.Path;

/** Finds and reads the user list that the configuration names. */
final class AuthFile {

    private AuthFile() {}

    /** The list; an empty one if auth_file is not set. {@code setBy} says where it is, for errors. */
    static UserList read(SettingValues global, RawValue setBy) throws ConfigurationException {
        String name = global.get(Settings.AUTH_FILE);
        if (name.isEmpty()) {
            return UserList.empty();
        }
        Path file;
        try {
            file = FileText.mentioned(name, setBy.position().file());
            FileText.requireReadable(file);
        } catch (IOException failure) {
            throw ConfigurationException.badValue(
                    setBy.position(), setBy.key(), name, "cannot read it: " + FileText.reason(failure), "a user list");
        }
        return UserList.load(file);
    }
}
