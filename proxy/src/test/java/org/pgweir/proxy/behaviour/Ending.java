package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** How a connection ends. */
final class Ending {
    private Ending() {}

    /** Reads up to the one error that ends the connection; nothing may come behind it but the end. */
    static ErrorFields of(WireClient client) {
        List<Message> last = client.readUntil('E');
        ErrorFields error = last.get(last.size() - 1).asError();
        assertThat(error.severity()).as("%s", error).isEqualTo("FATAL");
        client.expectClosed();
        return error;
    }
}
