package org.pgweir.proxy.relay;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.Additions.Addition;
import org.pgweir.proxy.session.NameUse;
import org.pgweir.proxy.session.SessionState;

/**
 * What a client's settings were when it connected. RESET brings back what the <em>server's</em> session began with; where that is
 * something else, SETs behind the RESET make it right. Only SET will do: it takes no snapshot, so that SET TRANSACTION ISOLATION LEVEL may
 * still follow.
 */
final class StartValues {
    /** RESET ALL leaves them alone. */
    private static final Set<String> NOT_OF_ALL = Set.of("role", "session_authorization");

    /** SET takes one string for one member. */
    private static final Set<String> LISTS = Set.of("search_path", "temp_tablespaces");

    private final TrackedParameters tracked;
    private final SessionState state;

    StartValues(TrackedParameters tracked, SessionState state) {
        this.tracked = tracked;
        this.state = state;
    }

    /**
     * What must be said behind a RESET or SET … TO DEFAULT; null for nothing.
     *
     * @param ofServer what the server's session began with
     */
    Addition behind(NameUse reset, TrackedParameters ofServer) {
        String only = reset.name();
        List<String> sets = new ArrayList<>();
        tracked.forEachOtherThan(ofServer, (name, value) -> {
            if (only == null || only.equalsIgnoreCase(name)) {
                sets.add("SET " + name + " TO " + TrackedParameters.literal(value));
            }
        });
        state.settings().forEach((name, value) -> {
            String folded = name.toLowerCase(Locale.ROOT);
            if (only == null ? !NOT_OF_ALL.contains(folded) : only.equals(folded)) {
                sets.add("SET " + SessionState.quoted(name) + " TO "
                        + (LISTS.contains(folded) ? members(value) : value));
            }
        });
        return sets.isEmpty() ? null : new Addition(String.join(";", sets), sets.size());
    }

    /** The members of a list that stands in one literal, each as a literal: as PostgreSQL reads it, names in quotes or folded. */
    private static String members(String literal) {
        boolean escaped = literal.startsWith("E");
        String list = literal.substring(escaped ? 2 : 1, literal.length() - 1).replace("''", "'");
        list = escaped ? list.replace("\\\\", "\\") : list;
        List<String> members = new ArrayList<>();
        StringBuilder member = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < list.length(); i++) {
            char c = list.charAt(i);
            if (c == '"' && quoted && i + 1 < list.length() && list.charAt(i + 1) == '"') {
                member.append(c);
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                members.add(literalOf(member));
            } else if (quoted || !Character.isWhitespace(c)) {
                member.append(quoted || c > 0x7f ? c : Character.toLowerCase(c));
            }
        }
        members.add(literalOf(member));
        return String.join(",", members);
    }

    private static String literalOf(StringBuilder member) {
        String value = member.toString();
        member.setLength(0);
        return SessionState.literalOfBytes(value);
    }
}
