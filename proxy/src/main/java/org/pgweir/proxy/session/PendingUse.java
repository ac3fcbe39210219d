package org.pgweir.proxy.session;

/** What is known of a statement's {@link NameUse} before the statement's end. Positions are those of the array that is read. */
final class PendingUse {
    private NameUse.Kind kind;
    private String name;
    private int start;
    private int end;
    private int valueStart;

    void clear() {
        kind = null;
        name = null;
    }

    void set(NameUse.Kind kind, String name, int start, int end) {
        setValue(kind, name, start, end, -1);
    }

    void setAll(NameUse.Kind kind) {
        set(kind, null, -1, -1);
    }

    void setValue(NameUse.Kind kind, String name, int start, int end, int valueStart) {
        this.kind = kind;
        this.name = name;
        this.start = start;
        this.end = end;
        this.valueStart = valueStart;
    }

    /**
     * @param base the position of the text
     * @return null if the statement names nothing
     */
    NameUse finish(int base, int statementStart, int statementEnd) {
        if (kind == null) {
            return null;
        }
        boolean hasName = name != null;
        boolean hasValue = valueStart >= 0;
        return new NameUse(
                kind,
                name,
                hasName ? start - base : -1,
                hasName ? end - base : -1,
                statementStart - base,
                statementEnd - base,
                hasValue ? valueStart - base : -1,
                hasValue ? statementEnd - base : -1);
    }
}
