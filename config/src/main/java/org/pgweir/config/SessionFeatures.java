package org.pgweir.config;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What happens in transaction and statement mode with what outlives a transaction: the value of {@code session_features}.
 *
 * @param policies one for each feature
 */
public record SessionFeatures(Map<Feature, Policy> policies) {
    /** Every promise is kept. */
    public static final SessionFeatures DEFAULT = all(Policy.TRACK);

    /** Something that a session holds. */
    public enum Feature {
        PREPARED_STATEMENTS,
        SETTINGS,
        LISTEN,
        TEMPORARY_TABLES,
        ADVISORY_LOCKS,
        HOLD_CURSORS,
        LOAD,
        /** DO and CALL, which may do any of these unseen. */
        CODE,
        /** Functions that PostgreSQL does not bring along, and which may do any of these unseen, too. */
        FUNCTIONS;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** There is no need to pin a client for a prepared statement or a function, and no way to live without them. */
        private boolean allows(Policy policy) {
            boolean isCommon = this == PREPARED_STATEMENTS || this == FUNCTIONS;
            return !isCommon || policy == Policy.TRACK || policy == Policy.IGNORE;
        }
    }

    /** What is done about it. */
    public enum Policy {
        /** It is carried to the next server; what cannot be carried keeps the client on its server. */
        TRACK,
        /** The client keeps its server for as long as it has it. */
        PIN,
        /** The statement fails. */
        REJECT,
        /** Nothing, as with PgBouncer. */
        IGNORE;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public SessionFeatures {
        policies = Collections.unmodifiableMap(new EnumMap<>(policies));
    }

    private static SessionFeatures all(Policy policy) {
        return new SessionFeatures(Arrays.stream(Feature.values())
                .collect(Collectors.toMap(
                        feature -> feature, feature -> feature.allows(policy) ? policy : Policy.TRACK)));
    }

    public Policy of(Feature feature) {
        return policies.get(feature);
    }

    /** Whether nothing at all is done, so that no statement need be looked at. */
    public boolean ignoresAll() {
        return policies.values().stream().allMatch(policy -> policy == Policy.IGNORE);
    }

    /**
     * Reads {@code track, listen=pin, load=reject}: a word alone stands for all features, what comes later wins.
     *
     * @throws IllegalArgumentException whose message says what is allowed
     */
    static SessionFeatures parse(String text) {
        Map<Feature, Policy> policies = new EnumMap<>(DEFAULT.policies);
        for (String part : text.split("[,\\s]+")) {
            int equals = part.indexOf('=');
            if (!part.isEmpty() && equals < 0) {
                policies.putAll(all(policy(part)).policies);
            } else if (equals >= 0) {
                Feature feature = feature(part.substring(0, equals));
                Policy policy = policy(part.substring(equals + 1));
                if (!feature.allows(policy)) {
                    throw new IllegalArgumentException(feature.label() + " can be tracked or ignored only");
                }
                policies.put(feature, policy);
            }
        }
        return new SessionFeatures(policies);
    }

    private static Feature feature(String label) {
        return Arrays.stream(Feature.values())
                .filter(feature -> feature.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown feature " + label));
    }

    private static Policy policy(String label) {
        return Arrays.stream(Policy.values())
                .filter(policy -> policy.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown policy " + label));
    }

    /** As {@link #parse} reads it: one word where all features have the same policy. */
    @Override
    public String toString() {
        if (policies.values().stream().distinct().count() == 1) {
            return policies.get(Feature.SETTINGS).label();
        }
        return policies.entrySet().stream()
                .map(entry -> entry.getKey().label() + "=" + entry.getValue().label())
                .collect(Collectors.joining(","));
    }
}
