package org.pgweir.config;

import java.util.List;

/**
 * Another process that serves the same clients: cancel requests for its clients are passed on to it.
 *
 * @param id its {@code peer_id}, from 1 to 16383
 * @param address where it listens
 * @param poolSize the most connections to it; 0 for no limit
 */
public record PeerConfig(int id, HostAddress address, int poolSize) {

    /** The keys that an entry may have. */
    public static List<String> keys() {
        return PeerAssembler.KEYS;
    }
}
