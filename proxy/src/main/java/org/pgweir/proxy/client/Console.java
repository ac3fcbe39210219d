package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.function.Consumer;
import org.pgweir.proxy.net.Loop;

/** The administration console, as far as a client's connection must know it; lives in the room above. */
public interface Console {
    /** The name of its database. */
    String DATABASE = "pgbouncer";

    /** Whether the user may open it at all. */
    boolean mayEnter(String user);

    /** The settings that it reports at login. */
    Map<String, String> greeting();

    /**
     * Runs one command.
     *
     * @param answer gets all messages up to ReadyForQuery, on the loop, once; owns the buffer
     */
    void execute(String user, String command, Loop loop, Consumer<ByteBuf> answer);
}
