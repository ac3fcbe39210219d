package org.pgweir.proxy.client;

import java.util.concurrent.TimeUnit;
import org.pgweir.config.Settings;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.stats.Logins.Failure;

/**
 * The answer to a wrong password: it always takes the same time, whatever had to be computed, or not, to find out that it is wrong. Else a
 * stranger could tell who exists.
 */
final class FailedLogin {
    private static final long DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** They take some 10 ms. */
    private static final int ITERATIONS_A_DELAY = 16_384;

    private FailedLogin() {}

    /** @param askedAtNanos when the password came */
    static void refuse(Client client, ErrorMessage error, long askedAtNanos) {
        long due = askedAtNanos + delayNanos(client);
        // If the client has gone meanwhile, nothing happens.
        client.loop().postAfter(Math.max(1, due - Loop.nowNanos()), () -> client.refuse(Failure.AUTHENTICATION, error));
    }

    /** Much longer than to derive a key. */
    private static long delayNanos(Client client) {
        int iterations = client.services().configuration().global().get(Settings.SCRAM_ITERATIONS);
        return DELAY_NANOS * (1 + iterations / ITERATIONS_A_DELAY);
    }
}
