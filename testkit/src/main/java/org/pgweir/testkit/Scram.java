package org.pgweir.testkit;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The client's side of one SCRAM-SHA-256 exchange (RFC 5802, RFC 7677), without channel binding and for ASCII passwords. What is derived
 * from a password and a salt is kept, so that a second login with both costs microseconds. Not for several threads.
 */
public final class Scram {

    public static final String MECHANISM = "SCRAM-SHA-256";

    // "n,,": no channel binding, no authorisation identity. PostgreSQL takes the user from the StartupMessage.
    private static final String GS2_HEADER = "n,,";

    /** What a key was derived from. */
    private record Salted(String password, String salt, int iterations) {}

    private static final Map<Salted, byte[]> DERIVED = new ConcurrentHashMap<>();

    private final String password;
    private final String clientNonce;
    private byte[] serverSignature = {};

    public Scram(String password) {
        this.password = password;
        byte[] random = new byte[18];
        new SecureRandom().nextBytes(random);
        this.clientNonce = Base64.getEncoder().withoutPadding().encodeToString(random);
    }

    /** The content of the SASLInitialResponse. */
    public byte[] clientFirst() {
        return ascii(GS2_HEADER + clientFirstBare());
    }

    /** The content of the SASLResponse to that of AuthenticationSASLContinue. */
    public byte[] clientFinal(byte[] serverFirstBytes) {
        String serverFirst = new String(serverFirstBytes, StandardCharsets.US_ASCII);
        String nonce = attribute(serverFirst, 'r');
        if (!nonce.startsWith(clientNonce) || nonce.length() == clientNonce.length()) {
            throw new AssertionError("the server's nonce does not extend the client's");
        }
        byte[] salted = DERIVED.computeIfAbsent(
                new Salted(password, attribute(serverFirst, 's'), Integer.parseInt(attribute(serverFirst, 'i'))),
                Scram::derive);

        String withoutProof = "c=" + base64(ascii(GS2_HEADER)) + ",r=" + nonce;
        byte[] authMessage = ascii(clientFirstBare() + "," + serverFirst + "," + withoutProof);
        try {
            byte[] clientKey = hmac(salted, ascii("Client Key"));
            byte[] storedKey = MessageDigest.getInstance("SHA-256").digest(clientKey);
            byte[] proof = hmac(storedKey, authMessage);
            for (int i = 0; i < proof.length; i++) {
                proof[i] ^= clientKey[i];
            }
            serverSignature = hmac(hmac(salted, ascii("Server Key")), authMessage);
            return ascii(withoutProof + ",p=" + base64(proof));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws AssertionError if the server does not know the password */
    public void verify(byte[] serverFinal) {
        String signature = attribute(new String(serverFinal, StandardCharsets.US_ASCII), 'v');
        if (!MessageDigest.isEqual(Base64.getDecoder().decode(signature), serverSignature)) {
            throw new AssertionError("the server's SCRAM signature is wrong: it does not know the password");
        }
    }

    private String clientFirstBare() {
        return "n=,r=" + clientNonce;
    }

    private static String attribute(String message, char name) {
        for (String part : message.split(",")) {
            if (part.startsWith(name + "=")) {
                return part.substring(2);
            }
        }
        throw new AssertionError("no attribute " + name + " in the SCRAM message");
    }

    private static byte[] derive(Salted from) {
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(
                            from.password().toCharArray(),
                            Base64.getDecoder().decode(from.salt()),
                            from.iterations(),
                            256))
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hmac(byte[] key, byte[] data) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(data);
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
