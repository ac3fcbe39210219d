package org.pgweir.protocol;

/** The formats that a Bind asks for: none for text everywhere, one for all columns, or one for each. */
public record ResultFormats(boolean... binary) {
    public static final ResultFormats TEXT = new ResultFormats();

    /** Whether the result has as many columns as there are formats. */
    public boolean fits(int columns) {
        return binary.length <= 1 || binary.length == columns;
    }

    boolean isBinary(int column) {
        return binary.length == 1 ? binary[0] : binary.length > 1 && binary[column];
    }
}
