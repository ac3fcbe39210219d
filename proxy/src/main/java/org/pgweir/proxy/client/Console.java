package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.function.Consumer;
import org.pgweir.protocol.ProtocolViolation;

/** The administration console, as far as a client's connection must know it; lives in the room above. */
public interface Console {
    /** The name of its database. */
    String DATABASE = "pgbouncer";

    /** The user who needs no password on a Unix socket if the process at the other end runs as the same user of the system. */
    String OWNER = "pgbouncer";

    /** Whether the user may open it at all. */
    boolean mayEnter(Client client);

    /** Whether the user may do all that can be done there; no limit keeps such a one out. */
    boolean isAdministrator(Client client);

    /** The settings that it reports at login. */
    Map<String, String> greeting();

    /**
     * A client is logged in to it. On the client's loop, as all that follows.
     *
     * @param out sends messages to the client; owns the buffer
     */
    Session open(Client client, Consumer<ByteBuf> out);

    /** One client's conversation with it. */
    interface Session {
        /**
         * One message; all before it have been answered.
         *
         * @param body valid during the call
         * @param done called on the loop, perhaps within the call, when the next message may come
         */
        void onMessage(byte type, ByteBuf body, Runnable done) throws ProtocolViolation;

        /** A cancel request for what runs came. */
        void cancel();

        /** The client has gone. */
        void close();
    }
}
