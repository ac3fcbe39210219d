package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.function.Consumer;

/** The administration console, as far as a client's connection must know it; lives in the room above. */
public interface Console {
    /** The name of its database. */
    String DATABASE = "pgbouncer";

    /** The user who needs no password on a Unix socket if the process at the other end runs as the same user of the system. */
    String OWNER = "pgbouncer";

    /** Whether the user may open it at all. */
    boolean mayEnter(Client client);

    /** The settings that it reports at login. */
    Map<String, String> greeting();

    /**
     * Runs one command.
     *
     * @param answer gets all messages up to ReadyForQuery, on the loop, once; owns the buffer
     */
    void execute(Client client, String command, Consumer<ByteBuf> answer);
}
