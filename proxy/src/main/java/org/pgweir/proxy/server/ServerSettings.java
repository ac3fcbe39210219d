package org.pgweir.proxy.server;

import java.util.Map;
import java.util.function.BiConsumer;
import org.pgweir.proxy.session.SessionState;

/** The settings that a server has: what it has reported, and what its clients have set besides. On the server's loop. */
public final class ServerSettings {
    /** The user who logged in may take back every setting that another role could not. */
    private static final String CLEAN = "RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;"
            + "SELECT pg_catalog.pg_advisory_unlock_all();CLOSE ALL;UNLISTEN *;DISCARD TEMP;";

    private final Leftovers leftovers;
    private Map<String, String> reported = Map.of();
    private TrackedParameters parameters = TrackedParameters.NONE;
    private TrackedParameters startParameters = TrackedParameters.NONE;
    private SessionState session = SessionState.NONE;
    private BiConsumer<String, String> reports;

    ServerSettings(Leftovers leftovers) {
        this.leftovers = leftovers;
    }

    void loggedIn(Map<String, String> settings) {
        reported = settings;
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            parameters = parameters.with(setting.getKey(), setting.getValue());
        }
        startParameters = parameters;
    }

    /** All that the server reported at its login. */
    public Map<String, String> reportedAtLogin() {
        return reported;
    }

    /** The tracked settings as they were when the server had logged in. */
    public TrackedParameters startParameters() {
        return startParameters;
    }

    /** The tracked settings as they are on the server now. */
    public TrackedParameters parameters() {
        return parameters;
    }

    /** ParameterStatus came. */
    void reported(String name, String value) {
        parameters = parameters.with(name, value);
        if (reports != null) {
            reports.accept(name, value);
        }
    }

    /** Who is told of each ParameterStatus besides; null for nobody. */
    public void onReports(BiConsumer<String, String> sink) {
        reports = sink;
    }

    /** Where a client has the same values, keeps its object: the comparison at the next link is one of pointers then. */
    public void share(TrackedParameters clients) {
        if (parameters != clients && parameters.equals(clients)) {
            parameters = clients;
        }
    }

    /** What its last client has set on it. */
    public SessionState session() {
        return session;
    }

    public void session(SessionState now) {
        session = now;
    }

    /** What gives it these settings and no others, whatever it has now. */
    public String cleanStatementsFor(TrackedParameters tracked, SessionState state) {
        String again = tracked.setStatements(startParameters);
        return CLEAN + (again == null ? "" : again) + state.statementsFrom(SessionState.NONE);
    }

    /** What gives it these settings, and takes back what must go; null if it has them. */
    public String statementsFor(TrackedParameters tracked, SessionState state) {
        if (leftovers.areDue()) {
            return cleanStatementsFor(tracked, state);
        }
        String first = tracked.setStatements(parameters);
        String then = state.statementsFrom(session);
        return then.isEmpty() ? first : first == null ? then : first + then;
    }

    /** {@link #statementsFor} has been done. */
    public void has(SessionState state) {
        session = state;
    }

    /** Takes back all that a client may have left, but its prepared statements. */
    public String cleanStatements() {
        return CLEAN;
    }

    /** {@link #cleanStatementsFor} has been done. */
    public void hasOnly(SessionState state) {
        session = state;
        leftovers.areTaken();
    }

    /** Whether it reads bytes of SQL as a client does that has these settings. */
    public boolean readsAs(TrackedParameters others) {
        return parameters.readsAs(others);
    }

    /** The first of {@link #statementsFor}: after these, the others are read as the client wants it. */
    public String readingStatementsFor(TrackedParameters tracked) {
        return tracked.readingStatements(parameters);
    }
}
