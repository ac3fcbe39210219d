package org.pgweir.testkit;

/** An ErrorResponse that came where a success was expected. */
public final class WireError extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient ErrorFields fields;

    WireError(ErrorFields fields) {
        super(fields.toString());
        this.fields = fields;
    }

    public ErrorFields fields() {
        return fields;
    }

    public String sqlstate() {
        return fields.sqlstate();
    }

    public String severity() {
        return fields.severity();
    }
}
