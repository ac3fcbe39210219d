package org.pgweir.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules of {@code auth_hba_file} in their order, with the maps of {@code auth_ident_file}. Immutable.
 *
 * <p>Unlike PgBouncer, which leaves out lines that it does not understand and takes a missing file for an empty one, a broken
 * line or a missing file makes the whole configuration unusable: a rule that is left out may have been one that rejects.
 */
public record HbaRules(List<HbaRule> rules, IdentMaps identMaps) {

    private static final HbaRules NONE = new HbaRules(List.of(), IdentMaps.none());

    /** No rules: nobody gets in. */
    public static HbaRules none() {
        return NONE;
    }

    /**
     * Reads the rules.
     *
     * @param identFile null for none
     * @throws ConfigurationException if a file cannot be read, has a broken line, or names a map that is not there
     */
    public static HbaRules load(Path file, Path identFile) throws ConfigurationException {
        IdentMaps maps = identFile == null ? IdentMaps.none() : IdentMaps.load(identFile);
        try {
            List<HbaRule> rules = new ArrayList<>();
            for (HbaLine line : HbaText.read(file)) {
                rules.add(new HbaReader(line, maps).rule());
            }
            return new HbaRules(List.copyOf(rules), maps);
        } catch (IOException failure) {
            throw ConfigurationException.unreadable("HBA file", file, failure);
        }
    }
}
