package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;
import java.security.MessageDigest;

/**
 * What BackendKeyData gives and CancelRequest brings back: a process id and a secret of 4 bytes (protocol 3.0) to 256 bytes (3.2).
 * The text form hides the secret.
 */
public record CancelKey(int processId, byte[] secret) {
    public static final int MIN_SECRET = 4;
    public static final int MAX_SECRET = 256;

    /** Reads process id and secret, which fills the rest up to {@code end}. */
    public static CancelKey read(ByteBuf in, int end) throws ProtocolViolation {
        int secretLength = end - in.readerIndex() - 4;
        if (secretLength < MIN_SECRET || secretLength > MAX_SECRET) {
            throw new ProtocolViolation("invalid length of cancel key");
        }
        int processId = in.readInt();
        byte[] secret = new byte[secretLength];
        in.readBytes(secret);
        return new CancelKey(processId, secret);
    }

    /** Compares in a time that does not depend on the content. */
    public boolean matches(CancelKey other) {
        return processId == other.processId && MessageDigest.isEqual(secret, other.secret);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CancelKey key && matches(key);
    }

    @Override
    public int hashCode() {
        return processId;
    }

    @Override
    public String toString() {
        return "CancelKey[processId=" + processId + "]";
    }
}
