package org.pgweir.proxy.auth;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import com.ongres.scram.common.exception.ScramException;
import java.util.List;
import org.pgweir.config.Secret;
import org.pgweir.config.Secret.Md5Secret;
import org.pgweir.config.Secret.PlainSecret;

/**
 * As whom, and with what, pgweir logs in to a server.
 *
 * @param secret null if none is known: good for trust and the like
 */
public record ServerCredentials(String user, Secret secret) {
    /** The answer to AuthenticationCleartextPassword. */
    public String cleartext() throws LoginFailure {
        if (secret instanceof PlainSecret plain) {
            return plain.password();
        }
        throw lacking("a clear-text password");
    }

    /** The answer to AuthenticationMD5Password. */
    public String md5(byte[] salt) throws LoginFailure {
        if (secret instanceof PlainSecret plain) {
            return Md5Password.answer(Md5Password.hash(plain.password(), user), salt);
        } else if (secret instanceof Md5Secret md5) {
            return Md5Password.answer(md5.hexHash(), salt);
        }
        throw lacking("a password or an MD5 secret");
    }

    /** Begins a SCRAM-SHA-256 exchange. */
    public Scram scram() throws LoginFailure {
        if (secret instanceof PlainSecret plain && !plain.password().isEmpty()) {
            return new Scram(ScramClient.builder()
                    .advertisedMechanisms(List.of(ScramExchange.MECHANISM))
                    .username(user)
                    .password(plain.password().toCharArray())
                    .stringPreparation(StringPreparation.POSTGRESQL_PREPARATION)
                    .build());
        }
        throw lacking("a clear-text password");
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

        private Scram(ScramClient client) {
            this.client = client;
        }

        public String clientFirst() {
            return client.clientFirstMessage().toString();
        }

        /** Derives the key: on a worker only. */
        public String clientFinal(String serverFirst) throws LoginFailure {
            try {
                client.serverFirstMessage(serverFirst);
                return client.clientFinalMessage().toString();
            } catch (ScramException | RuntimeException e) {
                throw new LoginFailure("the server's SCRAM challenge cannot be answered: " + e.getMessage());
            }
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
