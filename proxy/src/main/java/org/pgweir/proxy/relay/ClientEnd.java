package org.pgweir.proxy.relay;

import io.netty.channel.Channel;
import org.pgweir.protocol.ErrorMessage;

/** The client, as far as the relay must know it. On the client's loop. */
public interface ClientEnd {
    Channel channel();

    /** The user whom it has named. */
    String user();

    /** Tells the client the error, and closes. Its bytes so far end with a whole message. */
    void fail(ErrorMessage error);

    /** Sends what is written, and closes. */
    void close(String reason);

    /** Whether its socket is to be left alone, whatever the relay wants to read. */
    default boolean isSuspended() {
        return false;
    }
}
