package org.pgweir.config;

import java.util.Arrays;
import java.util.Locale;

/** What is stored about a user's password, in PostgreSQL's text forms. The text form of a secret never reveals it. */
public sealed interface Secret {

    /** The password itself. */
    record PlainSecret(String password) implements Secret {
        @Override
        public String toString() {
            return "PlainSecret[***]";
        }
    }

    /**
     * PostgreSQL's md5 form.
     *
     * @param hexHash 32 lower-case digits: MD5 of password and user name, without the prefix {@code md5}
     */
    record Md5Secret(String hexHash) implements Secret {
        @Override
        public String toString() {
            return "Md5Secret[***]";
        }
    }

    /** A SCRAM-SHA-256 verifier (RFC 5803): enough to check a client, not enough to be one. */
    record ScramSecret(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) implements Secret {

        /** Copies the bytes. */
        public ScramSecret {
            salt = salt.clone();
            storedKey = storedKey.clone();
            serverKey = serverKey.clone();
        }

        @Override
        public byte[] salt() {
            return salt.clone();
        }

        @Override
        public byte[] storedKey() {
            return storedKey.clone();
        }

        @Override
        public byte[] serverKey() {
            return serverKey.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ScramSecret that
                    && iterations == that.iterations
                    && Arrays.equals(salt, that.salt)
                    && Arrays.equals(storedKey, that.storedKey)
                    && Arrays.equals(serverKey, that.serverKey);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(storedKey);
        }

        @Override
        public String toString() {
            return "ScramSecret[***]";
        }
    }

    /**
     * Reads any of the three forms; what looks like neither md5 nor SCRAM is a plain password.
     *
     * @throws IllegalArgumentException if it starts as a SCRAM verifier and is none; the message does not repeat it
     */
    static Secret of(String text) {
        if (text.startsWith(SecretForms.SCRAM_PREFIX)) {
            return SecretForms.scram(text);
        }
        return SecretForms.MD5.matcher(text).matches()
                ? new Md5Secret(text.substring(3).toLowerCase(Locale.ROOT))
                : new PlainSecret(text);
    }
}
