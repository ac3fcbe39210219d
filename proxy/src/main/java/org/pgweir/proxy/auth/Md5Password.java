package org.pgweir.proxy.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** MD5 authentication: {@code "md5" + md5(md5(password + user) + salt)}, all hexadecimal. */
public final class Md5Password {
    private Md5Password() {}

    /** The form in which PostgreSQL stores it, without the prefix {@code md5}: 32 hexadecimal digits. */
    static String hash(String password, String user) {
        return hex((password + user).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The answer to a salt, as it goes over the wire.
     *
     * @param storedHash 32 hexadecimal digits
     */
    static String answer(String storedHash, byte[] salt) {
        byte[] hash = storedHash.getBytes(StandardCharsets.US_ASCII);
        byte[] salted = new byte[hash.length + salt.length];
        System.arraycopy(hash, 0, salted, 0, hash.length);
        System.arraycopy(salt, 0, salted, hash.length, salt.length);
        return "md5" + hex(salted);
    }

    private static String hex(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime lacks MD5; use scram-sha-256", e);
        }
    }
}
