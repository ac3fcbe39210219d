package org.pgweir.proxy.client;

import java.security.SecureRandom;
import org.pgweir.protocol.CancelKey;

/**
 * Cancel keys that tell which process gave them, byte for byte as PgBouncer since 1.21 has it, so that both can be peers: of the first 8
 * bytes, the second and third are the {@code peer_id}, low byte first; the two lowest bits of the last one count how often the key may
 * still be passed on; all else is random. The first bit is 0, since some clients want a positive process id.
 */
final class PeerKey {
    private static final int HOPS = 3;
    private static final int LAST_BYTE = 3;
    private static final int LARGEST_ID = 0x3fff;

    private PeerKey() {}

    /** A new key; with a {@code peerId} of 0 it is random but for the first bit. */
    static CancelKey draw(SecureRandom random, int secretLength, int peerId) {
        byte[] secret = new byte[secretLength];
        random.nextBytes(secret);
        int processId = random.nextInt() & Integer.MAX_VALUE;
        if (peerId > 0) {
            processId = processId & 0x7f0000ff | (peerId & 0xff) << 16 | peerId >> 8 << 8;
            secret[LAST_BYTE] |= HOPS;
        }
        return new CancelKey(processId, secret);
    }

    /** The process that gave the key, if it is one with peers; else anything. */
    static int peerOf(CancelKey key) {
        int processId = key.processId();
        return (processId >> 16 & 0xff | processId & 0xff00) & LARGEST_ID;
    }

    /** What stays of the first 8 bytes on the way: tells keys apart, and proves nothing. */
    static long name(CancelKey key) {
        byte[] secret = key.secret();
        long name = key.processId();
        for (int i = 0; i <= LAST_BYTE; i++) {
            name = name << 8 | secret[i] & 0xff;
        }
        return name | HOPS;
    }

    /** Whether they are the same, however often the one that came was passed on. In a time that does not depend on the content. */
    static boolean matches(CancelKey own, CancelKey came) {
        return withHops(own, HOPS).matches(withHops(came, HOPS));
    }

    /** The key as the next process gets it; null if it was passed on often enough. */
    static CancelKey passedOn(CancelKey key) {
        int hops = key.secret()[LAST_BYTE] & HOPS;
        return hops == 0 ? null : withHops(key, hops - 1);
    }

    private static CancelKey withHops(CancelKey key, int hops) {
        byte[] secret = key.secret().clone();
        secret[LAST_BYTE] = (byte) (secret[LAST_BYTE] & ~HOPS | hops);
        return new CancelKey(key.processId(), secret);
    }
}
