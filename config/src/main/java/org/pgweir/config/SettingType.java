package org.pgweir.config;

/** How values of one kind are read from text and shown as text. */
interface SettingType<T> {

    T parse(String text) throws BadValue;

    /** The text form of {@code SHOW CONFIG}; {@link #parse} reads it back to an equal value. */
    String shown(T value);

    /** What is allowed, to follow the word "expected". */
    String allowed();

    /** Whether a HOCON list may stand for the comma list. */
    default boolean isList() {
        return false;
    }
}
