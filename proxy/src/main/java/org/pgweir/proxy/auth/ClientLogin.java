package org.pgweir.proxy.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import org.pgweir.config.AuthType;
import org.pgweir.config.Secret;
import org.pgweir.config.Secret.Md5Secret;
import org.pgweir.config.Secret.PlainSecret;
import org.pgweir.config.Secret.ScramSecret;

/** What a client has to do to get in, decided from {@code auth_type} and what is known of the user. */
public sealed interface ClientLogin {
    /** Nothing to prove. */
    record Trusted() implements ClientLogin {}

    /** Not this user, not this way. The reason is for the log. */
    record Refused(String reason) implements ClientLogin {}

    /** Send the password in clear text. */
    record Cleartext(String user, List<Secret> secrets) implements ClientLogin {
        /**
         * Whether the password is right. A SCRAM secret costs a key derivation: on a worker only.
         *
         * @param keys learns the key of a SCRAM secret
         */
        public boolean accepts(String password, ScramKeys keys) {
            return !password.isEmpty() && secrets.stream().anyMatch(secret -> fits(secret, password, keys));
        }

        /** Whether the check must be left to a worker. */
        public boolean isCostly() {
            return secrets.stream().anyMatch(ScramSecret.class::isInstance);
        }

        private boolean fits(Secret secret, String password, ScramKeys keys) {
            if (secret instanceof PlainSecret plain) {
                return same(plain.password(), password);
            } else if (secret instanceof Md5Secret md5) {
                return same(md5.hexHash(), Md5Password.hash(password, user));
            }
            ScramSecret scram = (ScramSecret) secret;
            byte[] clientKey = ScramSecrets.clientKey(scram, password);
            if (clientKey == null) {
                return false;
            }
            keys.learn(user, scram, clientKey);
            return true;
        }
    }

    /** Answer an MD5 challenge. */
    record Md5(List<String> storedHashes, byte[] salt) implements ClientLogin {
        @Override
        public String toString() {
            return "Md5[***]";
        }

        public boolean accepts(String answer) {
            return storedHashes.stream().anyMatch(hash -> same(Md5Password.answer(hash, salt), answer));
        }
    }

    /**
     * Run SCRAM. Salt and iterations go out first, and whoever answers them cannot tell from them whether there is such a user.
     *
     * @param verifiers stored secrets with this salt
     * @param passwords plain ones, from which secrets with this salt must be derived; nobody wins if there are neither
     */
    record Scram(byte[] salt, int iterations, List<ScramSecret> verifiers, List<String> passwords)
            implements ClientLogin {
        @Override
        public String toString() {
            return "Scram[***]";
        }
    }

    /** @param iterations {@code scram_iterations} */
    static ClientLogin decide(AuthType type, UserSecrets user, int iterations) {
        return switch (type) {
            case ANY -> new Trusted();
            case TRUST -> user.known() ? new Trusted() : new Refused("no such user");
            case PLAIN -> new Cleartext(user.user(), user.secrets());
            case MD5 -> speaksScram(user) ? scram(user, iterations) : md5(user);
            case SCRAM_SHA_256 -> scram(user, iterations);
            default -> new Refused("auth_type " + type + " is not supported");
        };
    }

    /** The newest secret that is not a plain password decides: those are good for either. */
    private static boolean speaksScram(UserSecrets user) {
        return user.secrets().stream()
                .filter(secret -> !(secret instanceof PlainSecret))
                .findFirst()
                .filter(ScramSecret.class::isInstance)
                .isPresent();
    }

    private static ClientLogin md5(UserSecrets user) {
        List<String> hashes = user.secrets().stream()
                .map(secret -> secret instanceof PlainSecret plain
                        ? Md5Password.hash(plain.password(), user.user())
                        : secret instanceof Md5Secret md5 ? md5.hexHash() : null)
                .filter(hash -> hash != null)
                .toList();
        return new Md5(hashes, ScramSecrets.randomBytes(4));
    }

    /** The newest stored secret has the salt; without one it is ours. */
    private static ClientLogin scram(UserSecrets user, int iterations) {
        List<ScramSecret> stored = user.secrets().stream()
                .filter(ScramSecret.class::isInstance)
                .map(ScramSecret.class::cast)
                .toList();
        List<String> passwords = user.secrets().stream()
                .filter(PlainSecret.class::isInstance)
                .map(secret -> ((PlainSecret) secret).password())
                .toList();
        if (stored.isEmpty()) {
            return new Scram(ScramSecrets.saltFor(user.user()), iterations, List.of(), passwords);
        }
        ScramSecret newest = stored.get(0);
        List<ScramSecret> alike = stored.stream()
                .filter(secret ->
                        secret.iterations() == newest.iterations() && Arrays.equals(secret.salt(), newest.salt()))
                .toList();
        return new Scram(newest.salt(), newest.iterations(), alike, passwords);
    }

    private static boolean same(String expected, String given) {
        return MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }
}
