package org.pgweir.proxy.auth;

import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pgweir.config.Secret.ScramSecret;

/**
 * The SCRAM secrets of plain passwords, each derived once: the salt of a user stays, so the keys do, too. Only passwords that are
 * known to us come in here, never one that a client has sent. May be used from any thread.
 */
public final class ScramKeys {
    /** Some 400 bytes each. */
    private static final int CAPACITY = 10_000;

    private final Map<Key, ScramSecret> derived = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, ScramSecret> eldest) {
            return size() > CAPACITY;
        }
    };

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
            ScramSecret known = known(Key.of(password, login));
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
            ScramSecret secret = known(key);
            if (secret == null) {
                secret = ScramSecrets.derive(password, login.salt(), login.iterations());
                synchronized (derived) {
                    derived.put(key, secret);
                }
            }
            all.add(secret);
        }
        return all;
    }

    private ScramSecret known(Key key) {
        synchronized (derived) {
            return derived.get(key);
        }
    }

    /** After a reload: passwords that have gone are not kept. Those that are still in use are derived anew. */
    public void clear() {
        synchronized (derived) {
            derived.clear();
        }
    }
}
