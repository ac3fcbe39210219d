package org.pgweir.proxy.admin;

/** One run of a command. Its client may cancel it, or go away, while it waits. */
final class Invocation {
    private final String argument;
    private final String text;
    private volatile boolean cancelled;
    private volatile boolean abandoned;

    /**
     * @param argument what stands behind the command's word; empty if nothing does
     * @param text the whole command as it came
     */
    Invocation(String argument, String text) {
        this.argument = argument;
        this.text = text;
    }

    String argument() {
        return argument;
    }

    boolean hasArgument() {
        return !argument.isEmpty();
    }

    String text() {
        return text;
    }

    /** A cancel request came. */
    void cancel() {
        cancelled = true;
    }

    boolean isCancelled() {
        return cancelled;
    }

    /** Nobody waits for its end any more. */
    void abandon() {
        abandoned = true;
    }

    boolean isAbandoned() {
        return abandoned;
    }
}
