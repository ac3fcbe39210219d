package org.pgweir.proxy.process;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Signals that come while the program still starts, and would end it: they wait until something can be done. Whoever sees that it listens may
 * send one at once. Any thread.
 */
public final class EarlySignals {
    private final List<String> waiting = new ArrayList<>();
    private Map<String, Runnable> actions;

    private EarlySignals() {}

    /** @param names without SIG */
    public static EarlySignals remember(List<String> names) {
        EarlySignals early = new EarlySignals();
        names.forEach(name -> Signals.handle(name, () -> early.came(name)));
        return early;
    }

    private synchronized void came(String name) {
        if (actions == null) {
            waiting.add(name);
        } else {
            actions.get(name).run();
        }
    }

    /** From now on each signal has its action; those that have come get theirs now. */
    public synchronized void act(Map<String, Runnable> now) {
        actions = now;
        waiting.forEach(name -> now.get(name).run());
        waiting.clear();
    }
}
