package org.pgweir.config;

import java.util.List;

/** A database, a user or a peer as a file has it. */
record RawSection(String name, Position position, List<RawValue> values) {

    /** Refuses what could never reach a server: empty texts and NUL, which ends texts in the protocol. */
    void requireUsable(String kind) throws ConfigurationException {
        if (name.isEmpty()) {
            throw ConfigurationException.broken(position, "the name of a " + kind + " is empty");
        }
        String owner = kind + " " + ConfigurationException.quoted(name);
        FileText.requireText(name, position);
        for (RawValue value : values) {
            FileText.requireText(value.text(), value.position());
            if (value.text().isBlank()) {
                throw ConfigurationException.broken(
                        value.position(), value.key(), value.key() + " of " + owner + " has an empty value");
            }
        }
    }
}
