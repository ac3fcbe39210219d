package org.pgweir.proxy.session;

import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Tells which of the settings that a server has are its client's own, where others have used the server: they may have left some by
 * functions. The client's are those that its SQL has named, and those that have changed since the server was asked before.
 *
 * @param had what the client is known to have set before; what is not attributed to it stays as it was
 * @param before what the server had then; null if it was not asked
 * @param named whether the client's SQL has named a setting since
 */
public record Attribution(SessionState had, SessionQuestion before, Predicate<String> named) {
    private static final String EMPTY = "''";

    /** What of this is the client's. */
    public SessionState own(SessionState found) {
        Set<String> names = new TreeSet<>(had.settings().keySet());
        names.addAll(found.settings().keySet());
        TreeMap<String, String> own = new TreeMap<>();
        for (String name : names) {
            boolean isOwn = named.test(name)
                    || before != null
                            && before.asksFor(name)
                            && !Objects.equals(
                                    found.settings().get(name),
                                    before.state().settings().get(name));
            String value = (isOwn ? found : had).settings().get(name);
            if (value != null) {
                own.put(name, value);
            }
        }
        return new SessionState(
                own,
                (isOwnRole(found) ? found : had).role(),
                (isOwnAuthorization(found) ? found : had).authorization());
    }

    private boolean isOwnRole(SessionState found) {
        return isOwnAuthorization(found)
                || named.test("role")
                || before != null
                        && !Objects.equals(found.role(), before.state().role());
    }

    private boolean isOwnAuthorization(SessionState found) {
        return named.test("session_authorization")
                || before != null
                        && !Objects.equals(found.authorization(), before.state().authorization());
    }

    /** Whether the server has anything that is not the client's. */
    public static boolean leavesAny(SessionState found, SessionState own) {
        return !Objects.equals(found.role(), own.role())
                || !Objects.equals(found.authorization(), own.authorization())
                || found.settings().entrySet().stream()
                        .anyMatch(setting ->
                                !setting.getValue().equals(own.settings().get(setting.getKey()))
                                        && !isTakenBack(setting.getKey(), setting.getValue()));
    }

    /** PostgreSQL cannot take back a setting with a dot in its name any further. */
    public static boolean isTakenBack(String name, String value) {
        return name.indexOf('.') >= 0 && value.equals(EMPTY);
    }
}
