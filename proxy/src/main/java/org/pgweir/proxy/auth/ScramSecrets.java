package org.pgweir.proxy.auth;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import org.pgweir.config.Secret.ScramSecret;
import org.pgweir.proxy.net.Loops;

/** Makes SCRAM secrets. Deriving one from a password costs milliseconds: worker threads only. */
public final class ScramSecrets {
    private static final ScramMechanism MECHANISM = ScramMechanism.SCRAM_SHA_256;
    private static final int NONCE_LENGTH = 18;
    private static final int SALT_LENGTH = 16;
    private static final int KEY_LENGTH = 32;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final byte[] SEED = randomBytes(KEY_LENGTH);

    private ScramSecrets() {}

    /**
     * The salt for a user of whom no SCRAM secret is stored, whether the user exists or not: another one for each user and process,
     * and the same at every attempt.
     */
    public static byte[] saltFor(String user) {
        return Arrays.copyOf(ScramFunctions.hmac(MECHANISM, SEED, user.getBytes(StandardCharsets.UTF_8)), SALT_LENGTH);
    }

    /** The secret of a plain password. On a worker only. */
    public static ScramSecret derive(String password, byte[] salt, int iterations) {
        byte[] salted = salted(password, salt, iterations);
        byte[] clientKey = ScramFunctions.clientKey(MECHANISM, salted);
        ScramSecret secret = new ScramSecret(
                iterations,
                salt,
                ScramFunctions.storedKey(MECHANISM, clientKey),
                ScramFunctions.serverKey(MECHANISM, salted));
        Arrays.fill(salted, (byte) 0);
        Arrays.fill(clientKey, (byte) 0);
        return secret;
    }

    /** The ClientKey if the password belongs to the secret, else null. On a worker only. */
    static byte[] clientKey(ScramSecret secret, String password) {
        byte[] salted = salted(password, secret.salt(), secret.iterations());
        byte[] clientKey = ScramFunctions.clientKey(MECHANISM, salted);
        Arrays.fill(salted, (byte) 0);
        boolean fits = MessageDigest.isEqual(ScramFunctions.storedKey(MECHANISM, clientKey), secret.storedKey());
        return fits ? clientKey : null;
    }

    private static byte[] salted(String password, byte[] salt, int iterations) {
        assert !Loops.isLoopThread() : "a key is derived on an event loop";
        char[] characters = password.toCharArray();
        try {
            return ScramFunctions.saltedPassword(
                    MECHANISM, StringPreparation.POSTGRESQL_PREPARATION, characters, salt, iterations);
        } finally {
            Arrays.fill(characters, '\0');
        }
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
