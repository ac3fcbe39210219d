package org.pgweir.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/** The maps of {@code auth_ident_file}: who of the operating system or of a certificate may log in as which user. Immutable. */
public final class IdentMaps {

    private static final IdentMaps NONE = new IdentMaps(Map.of());
    private static final String BACK_REFERENCE = "\\1";

    private final Map<String, List<Entry>> maps;

    private IdentMaps(Map<String, List<Entry>> maps) {
        this.maps = maps;
    }

    /** No maps. */
    static IdentMaps none() {
        return NONE;
    }

    /** {@code system} and {@code user} are patterns where they are not null; otherwise their words count. */
    private record Entry(HbaWord system, NamePattern systemPattern, HbaName user, boolean refersBack) {
        boolean allows(String systemUser, String wanted, BiPredicate<String, String> isMember) {
            if (refersBack) {
                String group = systemPattern.firstGroup(systemUser);
                // The text that came from outside is a name and nothing else, whatever it looks like.
                return group != null
                        && user.text().replace(BACK_REFERENCE, group).equals(wanted);
            }
            boolean same = systemPattern != null
                    ? systemPattern.isIn(systemUser)
                    : system.text().equals(systemUser);
            return same
                    && switch (user.kind()) {
                        case ALL -> true;
                        case GROUP -> isMember.test(wanted, user.text());
                        case PATTERN -> user.pattern().isIn(wanted);
                        default -> user.text().equals(wanted);
                    };
        }
    }

    /**
     * Reads a file of lines {@code map system-user user}.
     *
     * @throws ConfigurationException if it cannot be read or has a broken line
     */
    static IdentMaps load(Path file) throws ConfigurationException {
        Map<String, List<Entry>> maps = new HashMap<>();
        try {
            for (HbaLine line : HbaText.read(file)) {
                String map = line.word(0, "name of the map").text();
                maps.computeIfAbsent(map, name -> new ArrayList<>()).add(entry(line));
            }
        } catch (IOException failure) {
            throw ConfigurationException.unreadable("ident file", file, failure);
        }
        return new IdentMaps(Map.copyOf(maps));
    }

    private static Entry entry(HbaLine line) throws ConfigurationException {
        HbaWord system = line.word(1, "user of the system");
        HbaWord user = line.word(2, "user of the database");
        if (line.size() > 3) {
            throw line.broken("a line is: map, user of the system, user of the database; nothing may follow");
        }
        NamePattern pattern = null;
        try {
            pattern = system.isPattern() ? NamePattern.of(system.text().substring(1)) : null;
            HbaName name = HbaName.user(user);
            boolean refersBack = pattern != null
                    && name.kind() == HbaName.Kind.NAME
                    && user.text().contains(BACK_REFERENCE);
            if (refersBack && pattern.groups() == 0) {
                throw line.broken("the user of the database refers to \\1, but the regular expression has no (group)");
            }
            return new Entry(system, pattern, name, refersBack);
        } catch (BadValue bad) {
            throw line.broken(bad.getMessage());
        }
    }

    /** Whether there is such a map. */
    boolean contains(String map) {
        return maps.containsKey(map);
    }

    /**
     * Whether the map lets a user of the system log in as a user.
     *
     * @param map null for none: the names must be equal
     * @param isMember tells whether a user is in a group
     * @throws NamePattern.TooCostly if a regular expression does not come to an end
     */
    public boolean allows(String map, String systemUser, String user, BiPredicate<String, String> isMember) {
        if (map == null) {
            return systemUser.equals(user);
        }
        for (Entry entry : maps.getOrDefault(map, List.of())) {
            if (entry.allows(systemUser, user, isMember)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return "IdentMaps" + maps.keySet();
    }
}
