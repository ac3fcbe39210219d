package org.pgweir.testkit;

import java.util.ArrayList;
import java.util.List;

/** A sequence of message types with repetitions, matched from left to right without going back. */
final class Expectation {

    private record Step(char type, boolean optional, boolean repeated) {}

    private final String pattern;
    private final List<Step> steps = new ArrayList<>();

    Expectation(String pattern) {
        this.pattern = pattern;
        for (String token : pattern.trim().split("\\s+")) {
            String mark = token.substring(1);
            if (!List.of("", "*", "+", "?").contains(mark)) {
                throw new IllegalArgumentException("not a message type: " + token);
            }
            steps.add(new Step(
                    token.charAt(0), mark.equals("*") || mark.equals("?"), mark.equals("*") || mark.equals("+")));
        }
        Step last = steps.get(steps.size() - 1);
        if (last.optional() || last.repeated()) {
            throw new IllegalArgumentException("nothing can end the last step of " + pattern);
        }
    }

    List<Message> read(WireClient client) {
        List<Message> messages = new ArrayList<>();
        int step = 0;
        boolean seen = false;
        while (step < steps.size()) {
            Message message;
            try {
                message = client.read(steps.get(step).type() + " of '" + pattern + "'");
            } catch (WireClosed e) {
                throw new AssertionError("expected '" + pattern + "', got " + messages + " and then the end", e);
            }
            messages.add(message);
            while (step < steps.size() && steps.get(step).type() != message.type()) {
                if (!steps.get(step).optional() && !seen) {
                    throw new AssertionError("expected '" + pattern + "', got " + messages);
                }
                step++;
                seen = false;
            }
            if (step == steps.size()) {
                throw new AssertionError("expected '" + pattern + "', got " + messages);
            }
            if (steps.get(step).repeated()) {
                seen = true;
            } else {
                step++;
                seen = false;
            }
        }
        return messages;
    }
}
