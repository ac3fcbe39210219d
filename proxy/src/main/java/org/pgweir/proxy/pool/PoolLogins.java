package org.pgweir.proxy.pool;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgweir.config.Secret;
import org.pgweir.config.Secret.PlainSecret;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.auth.SecretLookUp;
import org.pgweir.proxy.auth.SecretLookUp.Found;
import org.pgweir.proxy.auth.ServerCredentials;
import org.pgweir.proxy.net.Loop;

/** With which secrets the servers of a pool log in, and what became of the last logins. Shared by all loops. */
final class PoolLogins {
    /** The class of the SQLSTATEs. */
    private static final String INVALID_AUTHORIZATION = "28";

    private final Pool pool;
    private volatile ServerCredentials credentials;
    private volatile ServerCredentials learntCredentials;
    private volatile Refusal refusal;
    private volatile int refusedInTurn;
    private final AtomicBoolean lookingUp = new AtomicBoolean();

    /** A login that the server refused: it is not repeated before {@code retryAtNanos}. */
    private record Refusal(ErrorMessage error, long retryAtNanos) {}

    PoolLogins(Pool pool) {
        this.pool = pool;
    }

    /** The configuration was read anew. */
    void configure(ServerCredentials now) {
        credentials = now;
        refusal = null;
    }

    ServerCredentials credentials() {
        ServerCredentials learnt = learntCredentials;
        return credentials.secrets().isEmpty() && learnt != null ? learnt : credentials;
    }

    /** See {@link Pool#learn}. */
    void learn(String password) {
        if (credentials.secrets().isEmpty()) {
            learntCredentials =
                    new ServerCredentials(pool.userName(), List.of(new PlainSecret(password)), credentials.keys());
        }
    }

    /** From now on its servers log in with these; what was refused before may be tried at once. */
    void credentials(ServerCredentials now) {
        if (!now.isSameAs(credentials)) {
            credentials = now;
            mayLogInAgain();
        }
    }

    /** What was refused may be accepted now. */
    void mayLogInAgain() {
        refusal = null;
        pool.wake();
    }

    /** A server has logged in. */
    synchronized void succeeded() {
        refusal = null;
        refusedInTurn = 0;
    }

    /** The server refused our login: nothing that waiting would mend soon. */
    void refused(ErrorMessage error, long nowNanos) {
        refusal = new Refusal(error, nowNanos + pool.settings().loginRetry());
    }

    /** The refusal if it is too early to try again; else null. */
    ErrorMessage standingRefusal(long nowNanos) {
        Refusal now = refusal;
        return now != null && nowNanos - now.retryAtNanos < 0 ? now.error : null;
    }

    /**
     * The server has refused a login: whether there is another secret to try, since one is about to take the place of the other.
     *
     * @param refused what was tried
     */
    synchronized boolean triesAnother(ServerCredentials refused, ErrorMessage error) {
        if (refused.secrets().size() < 2 || !error.sqlstate().startsWith(INVALID_AUTHORIZATION)) {
            return false;
        }
        if (refused == credentials) {
            credentials = refused.next();
            refusedInTurn++;
        }
        boolean anotherOne = refusedInTurn < refused.secrets().size();
        if (!anotherOne) {
            refusedInTurn = 0;
        }
        return anotherOne;
    }

    /**
     * The server has refused a login: if the secret was looked up, it may be another one now, and is looked up again. No server is opened
     * meanwhile.
     *
     * @param refused what was tried
     * @param ifSame called on the loop if there is no other secret
     * @return false if there is nothing to look up
     */
    boolean looksUpAnew(Loop loop, ServerCredentials refused, ErrorMessage error, Runnable ifSame) {
        if (!error.sqlstate().startsWith(INVALID_AUTHORIZATION)) {
            return false;
        }
        if (!lookingUp.compareAndSet(false, true)) {
            return true;
        }
        // Not within this call, in which the place of the refused one is still taken.
        boolean asked =
                pool.pools().lookUpAnew(pool, loop, answer -> loop.post(() -> lookedUpAnew(answer, refused, ifSame)));
        if (!asked) {
            lookingUp.set(false);
        }
        return asked;
    }

    private void lookedUpAnew(SecretLookUp.Answer answer, ServerCredentials refused, Runnable ifSame) {
        List<Secret> secrets = answer instanceof Found found ? found.secrets() : List.of();
        ServerCredentials fresh = new ServerCredentials(pool.userName(), secrets, refused.keys());
        if (secrets.isEmpty() || fresh.isSameAs(refused)) {
            ifSame.run();
            lookingUp.set(false);
        } else {
            lookingUp.set(false);
            credentials(fresh);
            pool.wake();
        }
    }

    /** Whether the secret is being looked up again. */
    boolean isLookingUp() {
        return lookingUp.get();
    }
}
