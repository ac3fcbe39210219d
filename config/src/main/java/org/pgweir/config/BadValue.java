package org.pgweir.config;

/** A text that a {@link SettingType} refuses; the caller knows file, line and key and makes the full error of it. */
final class BadValue extends Exception {

    private static final long serialVersionUID = 1L;

    private final String allowed;

    BadValue(String reason, String allowed) {
        super(reason, null, false, false);
        this.allowed = allowed;
    }

    static BadValue expected(String allowed) {
        return new BadValue("expected " + allowed, allowed);
    }

    /** About a text that may hold a password, and so must not be repeated. */
    static BadValue confidential(String reason) {
        return new BadValue(reason, null);
    }

    boolean isConfidential() {
        return allowed == null;
    }

    String allowed() {
        return allowed;
    }
}
