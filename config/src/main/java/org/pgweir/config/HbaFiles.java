package org.pgweir.config;

import java.io.IOException;
import java.nio.file.Path;

/** Finds and reads the HBA and ident files that the configuration names. */
final class HbaFiles {

    private HbaFiles() {}

    /**
     * The rules; none unless {@code auth_type} asks for them.
     *
     * @param mentionedBy the configuration file
     */
    static HbaRules read(SettingValues global, Path mentionedBy) throws ConfigurationException {
        if (global.get(Settings.AUTH_TYPE) == AuthType.LDAP
                && global.get(Settings.AUTH_LDAP_OPTIONS).isNone()) {
            throw ConfigurationException.broken(
                    new Position(mentionedBy, 0), "auth_type", "auth_type = ldap needs auth_ldap_options");
        }
        if (global.get(Settings.AUTH_TYPE) != AuthType.HBA) {
            return HbaRules.none();
        }
        if (global.get(Settings.AUTH_HBA_FILE).isEmpty()) {
            throw ConfigurationException.broken(
                    new Position(mentionedBy, 0), "auth_type", "auth_type = hba needs auth_hba_file");
        }
        String identFile = global.get(Settings.AUTH_IDENT_FILE);
        return HbaRules.load(
                path(Settings.AUTH_HBA_FILE, global.get(Settings.AUTH_HBA_FILE), mentionedBy),
                identFile.isEmpty() ? null : path(Settings.AUTH_IDENT_FILE, identFile, mentionedBy));
    }

    private static Path path(Setting<String> setting, String name, Path mentionedBy) throws ConfigurationException {
        try {
            Path file = FileText.mentioned(name, mentionedBy);
            FileText.requireReadable(file);
            return file;
        } catch (IOException failure) {
            throw ConfigurationException.badValue(
                    new Position(mentionedBy, 0),
                    setting.name(),
                    name,
                    "cannot read it: " + FileText.reason(failure),
                    "a file of rules");
        }
    }
}
