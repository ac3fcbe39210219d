package org.pgweir.proxy.auth;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.pgweir.config.Secret.ScramSecret;

/**
 * The server's side of one SCRAM-SHA-256 login (RFC 5802, RFC 7677), on an encrypted connection with or without channel binding.
 *
 * <pre>
 *   client-first  n,,n=,r=CLIENTNONCE              serverFirst()
 *   server-first  r=NONCES,s=SALT,i=ITERATIONS
 *   client-final  c=biws,r=NONCES,p=PROOF          clientFinal(), then verify()
 *   server-final  v=SIGNATURE
 * </pre>
 *
 * With channel binding ({@code SCRAM-SHA-256-PLUS}) the client's first message begins with {@code p=tls-server-end-point,,} instead, and
 * the last one repeats that with the hash of the certificate that it has seen: somebody in the middle has shown it another one.
 *
 * <p>Only the salt and the iterations are needed until the proof is there: the keys may be derived meanwhile, or not at all. The user
 * name in the messages is ignored, as PostgreSQL does: the one of the startup packet counts.
 */
public final class ScramExchange {
    public static final String MECHANISM = "SCRAM-SHA-256";

    public static final String MECHANISM_PLUS = "SCRAM-SHA-256-PLUS";

    static final String BINDING_TYPE = "tls-server-end-point";

    private static final String BOUND = "p=" + BINDING_TYPE + ",";

    private static final ScramMechanism SHA_256 = ScramMechanism.SCRAM_SHA_256;
    private static final int KEY_LENGTH = 32;

    private final byte[] salt;
    private final int iterations;
    private final byte[] endPoint;
    private String gs2Header;
    private String clientFirstBare;
    private String serverFirst;
    private String nonces;
    private String authMessage;
    private byte[] proof;

    /** @param endPoint the hash of our certificate, with which the client may bind the login to the connection; null if it cannot */
    public ScramExchange(byte[] salt, int iterations, byte[] endPoint) {
        this.salt = salt;
        this.iterations = iterations;
        this.endPoint = endPoint;
    }

    /** What the client may choose from. */
    public List<String> mechanisms() {
        return endPoint == null ? List.of(MECHANISM) : List.of(MECHANISM_PLUS, MECHANISM);
    }

    /**
     * Answers client-first with server-first.
     *
     * @param mechanism one of {@link #mechanisms}
     */
    public String serverFirst(String mechanism, String clientFirst) throws LoginFailure {
        int flagEnd = clientFirst.indexOf(',') + 1;
        int headerEnd = clientFirst.indexOf(',', flagEnd) + 1;
        if (flagEnd == 0 || headerEnd == 0 || clientFirst.indexOf('\0') >= 0) {
            throw new LoginFailure("malformed SCRAM message");
        }
        checkBinding(mechanism.equals(MECHANISM_PLUS), clientFirst.substring(0, flagEnd));
        if (headerEnd != flagEnd + 1) {
            throw new LoginFailure("the client asked for an authorization identity, which is not supported");
        }
        gs2Header = clientFirst.substring(0, headerEnd);
        clientFirstBare = clientFirst.substring(headerEnd);
        String[] attributes = clientFirstBare.split(",", -1);
        if (attributes.length < 2
                || !attributes[0].startsWith("n=")
                || !attributes[1].startsWith("r=")
                || !isNonce(attributes[1].substring(2))) {
            throw new LoginFailure("malformed SCRAM message");
        }
        nonces = attributes[1].substring(2) + ScramSecrets.nonce();
        serverFirst = "r=" + nonces + ",s=" + Base64.getEncoder().encodeToString(salt) + ",i=" + iterations;
        return serverFirst;
    }

    /** @param flag with its comma: bound, not able to, or able to but not aware that we are, too (RFC 5802, section 6) */
    private void checkBinding(boolean plus, String flag) throws LoginFailure {
        boolean wantsBinding = flag.startsWith("p=");
        if (plus != wantsBinding) {
            throw new LoginFailure(
                    plus
                            ? "the client chose " + MECHANISM_PLUS + " without channel binding"
                            : "the client asked for channel binding with a mechanism that has none");
        } else if (wantsBinding && !flag.equals(BOUND)) {
            throw new LoginFailure("the client asked for a channel binding other than " + BINDING_TYPE);
        } else if (flag.equals("y,") && endPoint != null) {
            throw new LoginFailure(
                    "the client believes that channel binding was not offered, but it was: somebody may have"
                            + " taken the offer away");
        } else if (!wantsBinding && !flag.equals("y,") && !flag.equals("n,")) {
            throw new LoginFailure("malformed SCRAM message");
        }
    }

    /** The header of the first message, and the hash of the certificate if the client has bound itself to it. */
    private String expectedBinding() {
        byte[] header = gs2Header.getBytes(StandardCharsets.UTF_8);
        if (!gs2Header.startsWith(BOUND)) {
            return Base64.getEncoder().encodeToString(header);
        }
        byte[] binding = Arrays.copyOf(header, header.length + endPoint.length);
        System.arraycopy(endPoint, 0, binding, header.length, endPoint.length);
        return Base64.getEncoder().encodeToString(binding);
    }

    private static boolean isNonce(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= 0x20 || c >= 0x7f) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** Takes client-final; whether its proof is right, {@link #verify} says. */
    public void clientFinal(String clientFinal) throws LoginFailure {
        int proofAt = clientFinal.lastIndexOf(",p=");
        if (proofAt < 0) {
            throw new LoginFailure("malformed SCRAM message");
        }
        String withoutProof = clientFinal.substring(0, proofAt);
        if (!withoutProof.equals("c=" + expectedBinding() + ",r=" + nonces)) {
            throw new LoginFailure("the SCRAM nonce or channel binding does not match");
        }
        proof = decode(clientFinal.substring(proofAt + 3));
        authMessage = clientFirstBare + "," + serverFirst + "," + withoutProof;
    }

    private static byte[] decode(String proof) throws LoginFailure {
        try {
            byte[] bytes = Base64.getDecoder().decode(proof);
            if (bytes.length == KEY_LENGTH) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // Answered below as any other malformed message.
        }
        throw new LoginFailure("malformed SCRAM message");
    }

    /**
     * What the client has proved.
     *
     * @param serverFinal the last message to the client
     * @param clientKey with which one can log in to whoever has the same secret
     */
    public record Proof(String serverFinal, ScramSecret secret, byte[] clientKey) {
        @Override
        public String toString() {
            return "Proof[***]";
        }
    }

    /**
     * Checks the proof.
     *
     * @param secrets all with the salt and the iterations of this exchange; none for a user who does not exist
     */
    public Proof verify(List<ScramSecret> secrets) throws LoginFailure {
        for (ScramSecret secret : secrets) {
            byte[] signature = ScramFunctions.clientSignature(SHA_256, secret.storedKey(), authMessage);
            byte[] clientKey = ScramFunctions.clientProof(signature, proof);
            if (MessageDigest.isEqual(ScramFunctions.storedKey(SHA_256, clientKey), secret.storedKey())) {
                byte[] ours = ScramFunctions.serverSignature(SHA_256, secret.serverKey(), authMessage);
                return new Proof("v=" + Base64.getEncoder().encodeToString(ours), secret, clientKey);
            }
        }
        throw new LoginFailure(secrets.isEmpty() ? "no secret that SCRAM could use" : "wrong password");
    }
}
