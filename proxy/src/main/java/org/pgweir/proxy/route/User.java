package org.pgweir.proxy.route;

/** A user that clients or servers log in as. Shared by all loops. */
public final class User {
    private final String name;
    private final Quota servers = new Quota();
    private final Quota clients = new Quota();

    User(String name) {
        this.name = name;
    }

    public String name() {
        return name;
    }

    /** Servers in all databases, those that are connecting included. */
    public Quota servers() {
        return servers;
    }

    /** Clients in all databases. */
    public Quota clients() {
        return clients;
    }
}
