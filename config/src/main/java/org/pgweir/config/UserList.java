package org.pgweir.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The users of {@code auth_file} and their secrets. A line is {@code "user" "secret"}, a quote inside is written twice,
 * and of what follows only words as {@code +group} count, which say in what groups the user is for HBA rules; a line that
 * starts with {@code ;} is a comment. A user may have several lines: each secret is good; the last line has the
 * newest, and the groups.
 *
 * <p>Unlike PgBouncer, for which the last line of a user is the only one, and which stops at a broken line and leaves the
 * later users without a password: here a broken line makes the whole file unusable.
 */
public final class UserList {

    private static final UserList EMPTY = new UserList(Map.of(), Map.of());

    private final Map<String, List<Secret>> secrets;
    private final Map<String, Set<String>> groups;

    private UserList(Map<String, List<Secret>> secrets, Map<String, Set<String>> groups) {
        this.secrets = new HashMap<>();
        secrets.forEach((user, all) -> this.secrets.put(user, List.copyOf(all)));
        this.groups = groups;
    }

    /** Nobody. */
    public static UserList empty() {
        return EMPTY;
    }

    /**
     * Reads a file.
     *
     * @throws ConfigurationException if it cannot be read or has a broken line
     */
    public static UserList load(Path file) throws ConfigurationException {
        List<String> lines;
        try {
            lines = FileText.lines(file);
        } catch (IOException failure) {
            throw ConfigurationException.unreadable("user list", file, failure);
        }
        Map<String, List<Secret>> secrets = new HashMap<>();
        Map<String, Set<String>> groups = new HashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && line.charAt(0) != ';') {
                Position position = new Position(file, i + 1);
                FileText.requireText(line, position);
                new Line(line, position).addTo(secrets, groups);
            }
        }
        return new UserList(secrets, groups);
    }

    /** The stored secrets, the newest first; empty if the user is not in the list. */
    public List<Secret> secretsOf(String user) {
        return secrets.getOrDefault(user, List.of());
    }

    /** The newest stored secret; empty if the user is not in the list. */
    public Optional<Secret> secretOf(String user) {
        return secretsOf(user).stream().findFirst();
    }

    /** Whether the user is in the list. */
    public boolean contains(String user) {
        return secrets.containsKey(user);
    }

    /** Whether the user is in the group, or bears its name, as PostgreSQL has it with roles. */
    public boolean isMember(String user, String group) {
        return user.equals(group) || groups.getOrDefault(user, Set.of()).contains(group);
    }

    /** The names of all users. */
    public Set<String> names() {
        return Collections.unmodifiableSet(secrets.keySet());
    }

    /** The number of users. */
    public int size() {
        return secrets.size();
    }

    @Override
    public String toString() {
        return "UserList[" + size() + " users]";
    }

    /** A reader of one line. */
    private static final class Line {

        private final String text;
        private final Position position;
        private int at;

        Line(String text, Position position) {
            this.text = text;
            this.position = position;
        }

        void addTo(Map<String, List<Secret>> secrets, Map<String, Set<String>> groups) throws ConfigurationException {
            String user = quoted("user name");
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            String secret = quoted("secret");
            if (user.isEmpty()) {
                throw broken("the user name is empty");
            }
            try {
                secrets.computeIfAbsent(user, first -> new ArrayList<>()).add(0, Secret.of(secret));
            } catch (IllegalArgumentException reason) {
                throw broken("the secret of user " + ConfigurationException.quoted(user) + " is broken: "
                        + reason.getMessage());
            }
            groups.put(user, groups());
        }

        /** The words behind the secret that begin with a plus, as PostgreSQL's HBA files write groups. */
        private Set<String> groups() {
            Set<String> found = new HashSet<>();
            for (String word : text.substring(at).split("\\s+")) {
                if (word.length() > 1 && word.charAt(0) == '+') {
                    found.add(word.substring(1));
                }
            }
            return found;
        }

        private String quoted(String what) throws ConfigurationException {
            if (at == text.length() || text.charAt(at) != '"') {
                throw broken("expected the " + what + " in double quotes; a line is \"user\" \"secret\"");
            }
            StringBuilder value = new StringBuilder();
            at++;
            while (at < text.length()) {
                char c = text.charAt(at++);
                if (c != '"') {
                    value.append(c);
                } else if (at < text.length() && text.charAt(at) == '"') {
                    value.append(c);
                    at++;
                } else {
                    return value.toString();
                }
            }
            throw broken("the " + what + " has no closing quote");
        }

        private ConfigurationException broken(String text) {
            return ConfigurationException.broken(position, "auth_file", text);
        }
    }
}
