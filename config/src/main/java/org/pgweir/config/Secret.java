package org.pgweir.config;

import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
        if (text.startsWith(Forms.SCRAM_PREFIX)) {
            return Forms.scram(text);
        }
        return Forms.MD5.matcher(text).matches()
                ? new Md5Secret(text.substring(3).toLowerCase(Locale.ROOT))
                : new PlainSecret(text);
    }
}

/** The two text forms that are not plain. */
final class Forms {

    static final String SCRAM_PREFIX = "SCRAM-SHA-256$";
    static final Pattern MD5 = Pattern.compile("md5[0-9a-fA-F]{32}");

    private static final int SHA_256_BYTES = 32;
    private static final Pattern SCRAM =
            Pattern.compile("SCRAM-SHA-256\\$([1-9][0-9]{0,8}):([^$:]+)\\$([^$:]+):([^$:]+)");

    private Forms() {}

    static Secret scram(String text) {
        Matcher parts = SCRAM.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "not of the form " + SCRAM_PREFIX + "iterations:salt$StoredKey:ServerKey");
        }
        return new Secret.ScramSecret(
                Integer.parseInt(parts.group(1)),
                base64("salt", parts.group(2)),
                key("StoredKey", parts.group(3)),
                key("ServerKey", parts.group(4)));
    }

    private static byte[] key(String name, String text) {
        byte[] key = base64(name, text);
        if (key.length != SHA_256_BYTES) {
            throw new IllegalArgumentException(
                    "its " + name + " has " + key.length + " bytes instead of " + SHA_256_BYTES);
        }
        return key;
    }

    private static byte[] base64(String name, String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException broken) {
            throw new IllegalArgumentException("its " + name + " is not base64", null);
        }
    }
}
