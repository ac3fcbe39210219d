package org.pgweir.config;

import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The two text forms that are not plain. */
final class SecretForms {

    static final String SCRAM_PREFIX = "SCRAM-SHA-256$";
    static final Pattern MD5 = Pattern.compile("md5[0-9a-fA-F]{32}");

    private static final int SHA_256_BYTES = 32;
    private static final Pattern SCRAM =
            Pattern.compile("SCRAM-SHA-256\\$([1-9][0-9]{0,8}):([^$:]+)\\$([^$:]+):([^$:]+)");

    private SecretForms() {}

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
