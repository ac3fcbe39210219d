package org.pgweir.proxy.auth;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.ServerFirstMessage;
import com.ongres.scram.common.StringPreparation;
import com.ongres.scram.common.exception.ScramException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.pgweir.config.Secret;
import org.pgweir.config.Secret.Md5Secret;
import org.pgweir.config.Secret.PlainSecret;
import org.pgweir.config.Secret.ScramSecret;
import org.pgweir.proxy.net.Loops;

/**
 * As whom, and with what, pgweir logs in to a server.
 *
 * @param secrets the one to be tried first in front; none are good for trust and the like
 * @param keys what clients have proved: with it a stored SCRAM secret is enough for a server that has the same one
 */
public record ServerCredentials(String user, List<Secret> secrets, ScramKeys keys) {
    /** The answer to AuthenticationCleartextPassword. */
    public String cleartext() throws LoginFailure {
        for (Secret secret : secrets) {
            if (secret instanceof PlainSecret plain) {
                return plain.password();
            }
        }
        throw lacking("a clear-text password");
    }

    /** The answer to AuthenticationMD5Password. */
    public String md5(byte[] salt) throws LoginFailure {
        for (Secret secret : secrets) {
            if (secret instanceof PlainSecret plain) {
                return Md5Password.answer(Md5Password.hash(plain.password(), user), salt);
            } else if (secret instanceof Md5Secret md5) {
                return Md5Password.answer(md5.hexHash(), salt);
            }
        }
        throw lacking("a password or an MD5 secret");
    }

    /**
     * Begins a SCRAM-SHA-256 exchange, bound to the connection if that is possible.
     *
     * @param offered the mechanisms that the server knows
     * @param endPoint the hash of the server's certificate; null on a connection that is not encrypted
     */
    public Scram scram(List<String> offered, byte[] endPoint) throws LoginFailure {
        List<String> known = offered.stream()
                .filter(name -> name.equals(ScramExchange.MECHANISM)
                        || name.equals(ScramExchange.MECHANISM_PLUS) && endPoint != null)
                .toList();
        if (known.isEmpty()) {
            throw new LoginFailure("the server offers none of the SASL mechanisms that pgweir knows: " + offered);
        }
        var client = ScramClient.builder().advertisedMechanisms(known).username(user);
        for (Secret secret : secrets) {
            if (secret instanceof PlainSecret plain && !plain.password().isEmpty()) {
                return new Scram(
                        bound(client.password(plain.password().toCharArray()), endPoint)
                                .stringPreparation(StringPreparation.POSTGRESQL_PREPARATION)
                                .build(),
                        null);
            } else if (secret instanceof ScramSecret stored && keys.clientKey(user, stored) != null) {
                byte[] clientKey = keys.clientKey(user, stored);
                return new Scram(
                        bound(client.clientAndServerKey(clientKey, stored.serverKey()), endPoint)
                                .build(),
                        stored);
            }
        }
        if (secrets.stream().noneMatch(ScramSecret.class::isInstance)) {
            throw lacking("a clear-text password");
        }
        throw new LoginFailure("wrong password type: the server asks user \"" + user
                + "\" for SCRAM, and pgweir has only the user's stored secret, which is good for that once a client has logged in to pgweir as this user with"
                + " SCRAM or a clear-text password; or add the password to auth_file, or as password= to the database"
                + " entry");
    }

    private static ScramClient.FinalBuildStage bound(ScramClient.FinalBuildStage client, byte[] endPoint) {
        return endPoint == null ? client : client.channelBinding(ScramExchange.BINDING_TYPE, endPoint);
    }

    /** The same with another secret in front, after this one was refused. */
    public ServerCredentials next() {
        List<Secret> others = new ArrayList<>(secrets);
        Collections.rotate(others, -1);
        return new ServerCredentials(user, List.copyOf(others), keys);
    }

    /** Whether these are the same secrets, in whatever order. */
    public boolean isSameAs(ServerCredentials other) {
        return user.equals(other.user) && Set.copyOf(secrets).equals(Set.copyOf(other.secrets));
    }

    private LoginFailure lacking(String what) {
        return new LoginFailure("the server asks user \"" + user + "\" for a password, and pgweir does not have " + what
                + "; add it to auth_file, or as password= to the database entry");
    }

    /** The secret stays hidden. */
    @Override
    public String toString() {
        return "ServerCredentials[user=" + user + "]";
    }

    /** The client's side of one SCRAM login. */
    public static final class Scram {
        private final ScramClient client;
        private final ScramSecret stored;

        /** @param stored the secret that the server must have, too; null if any will do */
        private Scram(ScramClient client, ScramSecret stored) {
            this.client = client;
            this.stored = stored;
        }

        /** The one that was chosen. */
        public String mechanism() {
            return client.getScramMechanism().getName();
        }

        public String clientFirst() {
            return client.clientFirstMessage().toString();
        }

        /** Derives the key: on a worker only. */
        public String clientFinal(String serverFirst) throws LoginFailure {
            assert !Loops.isLoopThread() : "a key is derived on an event loop";
            try {
                ServerFirstMessage challenge = client.serverFirstMessage(serverFirst);
                if (stored != null && !isFor(stored, challenge)) {
                    throw new LoginFailure("the SCRAM secret of the user on the server is another one than that which"
                            + " pgweir has: copy it from pg_authid again, or give pgweir the password");
                }
                return client.clientFinalMessage().toString();
            } catch (ScramException | RuntimeException e) {
                throw new LoginFailure("the server's SCRAM challenge cannot be answered: " + e.getMessage());
            }
        }

        private static boolean isFor(ScramSecret secret, ServerFirstMessage challenge) {
            return challenge.getIterationCount() == secret.iterations()
                    && challenge.getSalt().equals(Base64.getEncoder().encodeToString(secret.salt()));
        }

        /** Checks that the server knows the secret, too. */
        public void verify(String serverFinal) throws LoginFailure {
            try {
                client.serverFinalMessage(serverFinal);
            } catch (ScramException | RuntimeException e) {
                throw new LoginFailure("the server did not prove that it knows the password: " + e.getMessage());
            }
        }
    }
}
