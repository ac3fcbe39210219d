package org.pgweir.proxy.process;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Signals that come while the program still starts, and would end it: they wait until something can be done. Whoever sees that it listens may
 * send one at once. Any thread.
 */
public final class EarlySignals {
    private final List<String> waiting = new ArrayList<>();
    private final List<String> ending;
    private final Consumer<String> insisted;
    private Map<String, Runnable> actions;

    private EarlySignals(List<String> ending, Consumer<String> insisted) {
        this.ending = List.copyOf(ending);
        this.insisted = insisted;
    }

    /**
     * @param others without SIG
     * @param ending those that are to end the program
     * @param insisted gets the second of these at once: the start may hang
     */
    public static EarlySignals remember(List<String> others, List<String> ending, Consumer<String> insisted) {
        EarlySignals early = new EarlySignals(ending, insisted);
        others.forEach(name -> Signals.handle(name, () -> early.came(name)));
        ending.forEach(name -> Signals.handle(name, () -> early.came(name)));
        return early;
    }

    private synchronized void came(String name) {
        if (actions != null) {
            actions.get(name).run();
        } else if (ending.contains(name) && end().isPresent()) {
            insisted.accept(name);
        } else {
            waiting.add(name);
        }
    }

    /** The signal that has come to end the program, if one has. */
    public synchronized Optional<String> end() {
        return waiting.stream().filter(ending::contains).findFirst();
    }

    /** From now on each signal has its action; those that have come get theirs now. */
    public synchronized void act(Map<String, Runnable> now) {
        actions = now;
        waiting.forEach(name -> now.get(name).run());
        waiting.clear();
    }
}
