package org.pgweir.proxy.auth;

import org.pgweir.config.HbaRule;

/** What the rules say of a login. */
public sealed interface HbaDecision {
    /** The first rule that is for it. */
    record Matched(HbaRule rule) implements HbaDecision {}

    /** There is no rule for it. */
    record Unmatched() implements HbaDecision {}

    /** Whether this rule is for it cannot be told, so it is let in by none. The reason is for the log. */
    record Undecidable(HbaRule rule, String reason) implements HbaDecision {}
}
