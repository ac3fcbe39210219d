package org.pgweir.testkit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** The frontend's side of authentication, from the StartupMessage to ReadyForQuery. */
final class Login {

    private static final int OK = 0;
    private static final int CLEARTEXT = 3;
    private static final int MD5 = 5;
    private static final int SASL = 10;
    private static final int SASL_CONTINUE = 11;
    private static final int SASL_FINAL = 12;

    private final WireClient client;
    private final String user;
    private final String password;
    private final Scram scram;

    Login(WireClient client, String user, String password) {
        this.client = client;
        this.user = user;
        this.password = password;
        this.scram = new Scram(password);
    }

    void run() {
        while (true) {
            Message message = client.read("the end of the login");
            switch (message.type()) {
                case 'R':
                    answer(message);
                    break;
                case 'E':
                    throw new WireError(message.asError());
                case 'Z':
                    return;
                default:
                    // ParameterStatus, BackendKeyData, notices: the client has noted them.
                    break;
            }
        }
    }

    private void answer(Message request) {
        if (request.int32(0) != OK) {
            KnownSecrets.password(password);
        }
        byte[] data = Arrays.copyOfRange(request.body(), 4, request.body().length);
        switch (request.int32(0)) {
            case OK:
                break;
            case CLEARTEXT:
                client.send(Frames.password(password));
                break;
            case MD5:
                client.send(Frames.password("md5" + md5(md5(password, bytes(user)), data)));
                break;
            case SASL:
                requireMechanism(request);
                client.send(Frames.saslInitialResponse(Scram.MECHANISM, scram.clientFirst()));
                break;
            case SASL_CONTINUE:
                client.send(Frames.saslResponse(scram.clientFinal(data)));
                break;
            case SASL_FINAL:
                scram.verify(data);
                break;
            default:
                throw new AssertionError("the server asks for authentication of kind " + request.int32(0));
        }
    }

    private static void requireMechanism(Message request) {
        List<String> offered = new ArrayList<>();
        for (int at = 4; request.body()[at] != 0; at = request.endOfCstring(at)) {
            offered.add(request.cstring(at));
        }
        if (!offered.contains(Scram.MECHANISM)) {
            throw new AssertionError("the server offers only " + offered);
        }
    }

    private static String md5(String text, byte[] salt) {
        try {
            MessageDigest digest = MessageDigest.getInstance("MD5");
            digest.update(bytes(text));
            return HexFormat.of().formatHex(digest.digest(salt));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
