package org.pgweir.proxy.admin;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.net.Loop;

/** A command that answers only when something has come about: looks again and again. */
final class Waiting {
    private static final long PERIOD_NANOS = Loop.TICK_NANOS / 4;

    /** What a look has found. */
    enum State {
        GOES_ON,
        DONE,
        /** Somebody else has taken back what was waited for. */
        RESUMED
    }

    private final Loop loop;
    private final Invocation call;
    private final Supplier<CompletableFuture<State>> look;
    private final Runnable takeBack;
    private final CompletableFuture<ErrorMessage> ended = new CompletableFuture<>();

    private Waiting(Loop loop, Invocation call, Supplier<CompletableFuture<State>> look, Runnable takeBack) {
        this.loop = loop;
        this.call = call;
        this.look = look;
        this.takeBack = takeBack;
    }

    /**
     * @param takeBack runs when the client cancels the command
     * @return completed with null when it is done, else with an error
     */
    static CompletableFuture<ErrorMessage> until(
            Admin admin, Invocation call, Supplier<CompletableFuture<State>> look, Runnable takeBack) {
        Waiting waiting = new Waiting(admin.loops().all().get(0), call, look, takeBack);
        waiting.lookAgain();
        return waiting.ended;
    }

    private void lookAgain() {
        if (call.isCancelled()) {
            takeBack.run();
            ended.complete(ConsoleErrors.CANCELED);
        } else if (call.isAbandoned()) {
            // What was begun goes on, as in PgBouncer; nobody is there to be told.
            ended.complete(null);
        } else {
            look.get().whenComplete((state, failure) -> {
                if (failure != null) {
                    ended.completeExceptionally(failure);
                } else if (state == State.GOES_ON) {
                    loop.postAfter(PERIOD_NANOS, this::lookAgain);
                } else {
                    ended.complete(state == State.DONE ? null : ConsoleErrors.RESUMED);
                }
            });
        }
    }
}
