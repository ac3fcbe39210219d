package org.pgweir.proxy.pool;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.pgweir.config.Secret;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.FrontendMessages;
import org.pgweir.proxy.auth.SecretLookUp.Answer;
import org.pgweir.proxy.auth.SecretLookUp.Failed;
import org.pgweir.proxy.auth.SecretLookUp.Found;
import org.pgweir.proxy.auth.SecretLookUp.NotFound;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerStatement;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.SessionState;

/** One look-up of one user's secret. Lives on one loop. */
final class AuthQuery implements Waiter, ServerStatement.Outcome {
    /** Valid up to the Sync behind the query. Names are read as UTF-8, so the server must read ours as that, too. */
    private static final String UTF_8 = "SELECT pg_catalog.set_config('client_encoding', 'UTF8', true)";

    /** No schema comes before pg_catalog then, and none but that is searched. */
    private static final String SAFE_PATH =
            UTF_8 + ", pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)";

    /** By which PostgreSQL says that it does not find what has no schema in front: a function, a table, a schema. */
    private static final Set<String> NOT_THERE = Set.of("42883", "42P01", "3F000");

    /** SQLSTATE classes that tell of trouble with the connection, or that there is no such database, which clients may know. */
    private static final Set<String> TROUBLE = Set.of("08", "53", "57", "3D");

    private static final int COLUMNS = 2;
    private static final int MOST_ROWS = 16;
    private static final int MOST_ATTEMPTS = 3;

    private final AuthQueries queries;
    private final LoopPool part;
    private final String query;
    private final String user;
    private final Consumer<Answer> done;
    private final List<List<String>> rows = new ArrayList<>();
    private int attempts;
    private boolean answered;
    private long parkedAtNanos;

    AuthQuery(AuthQueries queries, LoopPool part, String query, String user, Consumer<Answer> done) {
        this.queries = queries;
        this.part = part;
        this.query = query;
        this.user = user;
        this.done = done;
    }

    void ask() {
        attempts++;
        rows.clear();
        part.link(this, Loop.nowNanos());
    }

    /** Nobody wants the answer any more: it leaves the queue. What runs already ends as it will. */
    void abandon() {
        if (part.unpark(this)) {
            answer(new Failed(null, "nobody waits for it"));
        }
    }

    @Override
    public void linked(Server server, long nowNanos) {
        server.serves();
        ByteBuf messages = server.channel().alloc().directBuffer(512);
        FrontendMessages.extendedQuery(messages, queries.needsOwnPath(query) ? UTF_8 : SAFE_PATH);
        FrontendMessages.extendedQuery(messages, query, user);
        FrontendMessages.sync(messages);
        ServerStatement.request(
                server, messages, Frontend.SYNC, part.pool().ownStatementTimeout(), this::collect, this);
    }

    /** The first row is that of the settings. */
    private void collect(List<String> row) {
        if (rows.size() <= MOST_ROWS + 1) {
            rows.add(row);
        }
    }

    @Override
    public void done(Server server, ErrorMessage error, long nowNanos) {
        part.release(server, nowNanos);
        if (error == null) {
            answer(read());
        } else if (NOT_THERE.contains(error.sqlstate()) && !queries.needsOwnPath(query) && attempts < MOST_ATTEMPTS) {
            queries.mayUseOwnPath(query, error.message());
            ask();
        } else {
            answer(new Failed(null, "auth_query failed: " + error.message()));
        }
    }

    @Override
    public void lost(Server server, String reason, long nowNanos) {
        part.lost(server, nowNanos);
        if (attempts < MOST_ATTEMPTS) {
            ask();
        } else {
            answer(new Failed(null, "auth_query: " + reason));
        }
    }

    @Override
    public void refused(ErrorMessage error) {
        boolean trouble = TROUBLE.contains(error.sqlstate().substring(0, 2));
        answer(new Failed(trouble ? error : null, "auth_user could not log in for auth_query: " + error.message()));
    }

    private void answer(Answer answer) {
        if (!answered) {
            answered = true;
            done.accept(answer);
        }
    }

    private Answer read() {
        if (rows.size() > MOST_ROWS + 1) {
            return new Failed(null, "auth_query returned more than " + MOST_ROWS + " rows for one user");
        }
        List<List<String>> found = rows.subList(1, rows.size());
        List<Secret> secrets = new ArrayList<>();
        for (List<String> row : found) {
            if (row.size() != COLUMNS) {
                return new Failed(
                        null,
                        "auth_query must return two columns, the user and the secret, but it returned " + row.size());
            }
            if (row.get(0) == null || !utf8(row.get(0)).equals(user)) {
                return new Failed(null, "auth_query returned another user than the one it was asked for");
            }
            if (row.get(1) != null && !row.get(1).isEmpty()) {
                try {
                    secrets.add(Secret.of(utf8(row.get(1))));
                } catch (IllegalArgumentException e) {
                    return new Failed(null, "auth_query returned a broken secret: " + e.getMessage());
                }
            }
        }
        return found.isEmpty() ? new NotFound() : new Found(List.copyOf(secrets));
    }

    private static String utf8(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    @Override
    public TrackedParameters parameters() {
        return TrackedParameters.NONE;
    }

    /** Nothing of what others have left: no role, no search_path. */
    @Override
    public SessionState session() {
        return SessionState.NONE;
    }

    @Override
    public void parametersApplied(TrackedParameters values) {}

    @Override
    public String user() {
        return user;
    }

    @Override
    public boolean isGone() {
        return answered;
    }

    @Override
    public boolean isLogin() {
        return true;
    }

    @Override
    public long parkedAtNanos() {
        return parkedAtNanos;
    }

    @Override
    public void parkedAt(long nowNanos) {
        parkedAtNanos = nowNanos;
    }
}
