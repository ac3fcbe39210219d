package org.pgweir.proxy.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
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

    /** Send the password in clear text; the secret is null for a user who does not exist. */
    record Cleartext(String user, Secret secret) implements ClientLogin {
        /** Whether the password is right. A SCRAM secret costs a key derivation: on a worker only. */
        public boolean accepts(String password) {
            if (password.isEmpty()) {
                return false;
            } else if (secret instanceof PlainSecret plain) {
                return same(plain.password(), password);
            } else if (secret instanceof Md5Secret md5) {
                return same(md5.hexHash(), Md5Password.hash(password, user));
            } else if (secret instanceof ScramSecret scram) {
                return ScramSecrets.matches(scram, password);
            }
            return false;
        }
    }

    /** Answer an MD5 challenge; the hash is null for a user who does not exist. */
    record Md5(String storedHash, byte[] salt) implements ClientLogin {
        @Override
        public String toString() {
            return "Md5[***]";
        }

        public boolean accepts(String answer) {
            return storedHash != null && same(Md5Password.answer(storedHash, salt), answer);
        }
    }

    /** Run SCRAM with this secret. */
    record Scram(ScramSecret secret, boolean genuine) implements ClientLogin {}

    /** Run SCRAM; the secret must first be derived from the password, on a worker. */
    record ScramFromPassword(String password) implements ClientLogin {
        @Override
        public String toString() {
            return "ScramFromPassword[***]";
        }
    }

    /**
     * An empty password in the user list lets nobody in who has to give one, as in PostgreSQL.
     *
     * @param userSecret null if the user is not known
     * @param iterations {@code scram_iterations}
     */
    static ClientLogin decide(AuthType type, String user, Secret userSecret, boolean known, int iterations) {
        Secret secret =
                userSecret instanceof PlainSecret plain && plain.password().isEmpty() ? null : userSecret;
        return switch (type) {
            case ANY -> new Trusted();
            case TRUST -> known ? new Trusted() : new Refused("no such user");
            case PLAIN -> new Cleartext(user, secret);
            case MD5 -> md5(user, secret, iterations);
            case SCRAM_SHA_256 -> scram(user, secret, iterations);
            default -> new Refused("auth_type " + type + " is not supported");
        };
    }

    private static ClientLogin md5(String user, Secret secret, int iterations) {
        byte[] salt = ScramSecrets.randomBytes(4);
        if (secret instanceof PlainSecret plain) {
            return new Md5(Md5Password.hash(plain.password(), user), salt);
        } else if (secret instanceof Md5Secret md5) {
            return new Md5(md5.hexHash(), salt);
        } else if (secret instanceof ScramSecret) {
            return scram(user, secret, iterations);
        }
        return new Md5(null, salt);
    }

    private static ClientLogin scram(String user, Secret secret, int iterations) {
        if (secret instanceof ScramSecret scram) {
            return new Scram(scram, true);
        } else if (secret instanceof PlainSecret plain) {
            return new ScramFromPassword(plain.password());
        }
        return new Scram(ScramSecrets.mock(user, iterations), false);
    }

    private static boolean same(String expected, String given) {
        return MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }
}
