package org.pgweir.proxy.stats;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What the endpoint asks for when it is scraped or probed; answered from the rooms above. */
public interface MetricsSource {
    /** All of pgweir's own metrics as they are now; completed on any thread. */
    CompletableFuture<List<Metric>> metrics();

    /** Why clients should not be sent here now; null if they may. */
    String notReadyBecause();
}
