package org.pgweir.config;

/**
 * Another process that serves the same clients: cancel requests for its clients are passed on to it.
 *
 * @param id its {@code peer_id}, from 1 to 16383
 * @param address where it listens
 * @param poolSize the most connections to it; 0 for no limit
 */
public record PeerConfig(int id, HostAddress address, int poolSize) {}
