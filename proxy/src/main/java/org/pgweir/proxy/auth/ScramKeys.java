package org.pgweir.proxy.auth;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.pgweir.config.Secret.ScramSecret;

/**
 * The keys of SCRAM that have become known: derived from plain passwords of ours, once each, since the salt of a user stays; and
 * learnt from clients who have proved stored secrets, which makes it possible to log in to servers with them. May be used from any
 * thread.
 */
public final class ScramKeys {
    /** Some 400 bytes each. */
    private static final int CAPACITY = 10_000;

    private final RecentlyUsed<Key, ScramSecret> derived = new RecentlyUsed<>(CAPACITY);
    private final RecentlyUsed<String, Learnt> learnt = new RecentlyUsed<>(CAPACITY);

    private volatile Consumer<String> whenLearnt = user -> {};

    /** The key that hashes to the StoredKey of the secret: with it one can be the client. */
    private record Learnt(ScramSecret secret, byte[] clientKey) {
        @Override
        public String toString() {
            return "Learnt[***]";
        }
    }

    private record Key(String password, String salt, int iterations) {
        static Key of(String password, ClientLogin.Scram login) {
            return new Key(password, Base64.getEncoder().encodeToString(login.salt()), login.iterations());
        }

        @Override
        public String toString() {
            return "Key[***]";
        }
    }

    /** What the login may be won with, if nothing must be derived for it; else null. */
    public List<ScramSecret> ready(ClientLogin.Scram login) {
        List<ScramSecret> all = new ArrayList<>(login.verifiers());
        for (String password : login.passwords()) {
            ScramSecret known = derived.get(Key.of(password, login));
            if (known == null) {
                return null;
            }
            all.add(known);
        }
        return all;
    }

    /** What the login may be won with. On a worker only. */
    public List<ScramSecret> derive(ClientLogin.Scram login) {
        List<ScramSecret> all = new ArrayList<>(login.verifiers());
        for (String password : login.passwords()) {
            Key key = Key.of(password, login);
            // Of a thousand logins of one user that wait for a worker, all but the first find it here.
            ScramSecret secret = derived.get(key);
            if (secret == null) {
                secret = ScramSecrets.derive(password, login.salt(), login.iterations());
                derived.put(key, secret);
            }
            all.add(secret);
        }
        return all;
    }

    /** A client has proved that it knows what belongs to this stored secret of the user. */
    public void learn(String user, ScramSecret secret, byte[] clientKey) {
        Learnt before = learnt.get(user);
        if (before == null || !before.secret.equals(secret)) {
            learnt.put(user, new Learnt(secret, clientKey));
            whenLearnt.accept(user);
        }
    }

    /** Who wants to know that a key of a user has been learnt; called on any thread. */
    public void whenLearnt(Consumer<String> action) {
        whenLearnt = action;
    }

    /** The ClientKey of exactly this secret of the user; null if no client has proved it yet. */
    byte[] clientKey(String user, ScramSecret secret) {
        Learnt known = learnt.get(user);
        return known != null && known.secret.equals(secret) ? known.clientKey : null;
    }

    /**
     * After a reload: passwords that have gone are not kept; those that are still in use are derived anew. What was learnt stays if
     * its secret does.
     */
    public void reload(BiPredicate<String, ScramSecret> inUse) {
        derived.clear();
        learnt.retain((user, known) -> inUse.test(user, known.secret));
    }
}
