package org.pgweir.config;

/** A key with its text as a file has it; {@code list} if HOCON brackets joined by commas made the text. */
record RawValue(String key, String text, boolean list, Position position) {

    RawValue(String key, String text, Position position) {
        this(key, text, false, position);
    }

    /** Without the text, which may be a password. */
    @Override
    public String toString() {
        return position.prefix() + key;
    }
}
