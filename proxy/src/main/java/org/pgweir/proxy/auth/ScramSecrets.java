package org.pgweir.proxy.auth;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import org.pgweir.config.Secret.ScramSecret;

/** Makes SCRAM secrets. Deriving one from a password costs milliseconds: worker threads only. */
public final class ScramSecrets {
    private static final ScramMechanism MECHANISM = ScramMechanism.SCRAM_SHA_256;
    private static final int NONCE_LENGTH = 18;
    private static final int SALT_LENGTH = 16;
    private static final int KEY_LENGTH = 32;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final byte[] MOCK_SEED = randomBytes(KEY_LENGTH);

    private ScramSecrets() {}

    /** A secret with a random salt for a plain password. On a worker only. */
    public static ScramSecret derive(String password, int iterations) {
        byte[] salt = randomBytes(SALT_LENGTH);
        byte[] salted = ScramFunctions.saltedPassword(
                MECHANISM, StringPreparation.POSTGRESQL_PREPARATION, password.toCharArray(), salt, iterations);
        byte[] clientKey = ScramFunctions.clientKey(MECHANISM, salted);
        return new ScramSecret(
                iterations,
                salt,
                ScramFunctions.storedKey(MECHANISM, clientKey),
                ScramFunctions.serverKey(MECHANISM, salted));
    }

    /**
     * A secret that nobody can match, for a user who does not exist: the same salt at every attempt, so that a stranger cannot tell.
     */
    public static ScramSecret mock(String user, int iterations) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(MOCK_SEED);
            byte[] salt = java.util.Arrays.copyOf(digest.digest(user.getBytes(StandardCharsets.UTF_8)), SALT_LENGTH);
            return new ScramSecret(iterations, salt, randomBytes(KEY_LENGTH), randomBytes(KEY_LENGTH));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    /** Whether the password belongs to the secret. On a worker only. */
    static boolean matches(ScramSecret secret, String password) {
        byte[] salted = ScramFunctions.saltedPassword(
                MECHANISM,
                StringPreparation.POSTGRESQL_PREPARATION,
                password.toCharArray(),
                secret.salt(),
                secret.iterations());
        byte[] storedKey = ScramFunctions.storedKey(MECHANISM, ScramFunctions.clientKey(MECHANISM, salted));
        return MessageDigest.isEqual(storedKey, secret.storedKey());
    }

    static byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    /** As PostgreSQL's: 18 random bytes in Base64. All at once, since the random generator costs by the call. */
    static String nonce() {
        return Base64.getEncoder().encodeToString(randomBytes(NONCE_LENGTH));
    }
}
