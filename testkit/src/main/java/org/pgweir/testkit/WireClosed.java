package org.pgweir.testkit;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The other side closed or reset the connection while bytes were expected or sent. */
public final class WireClosed extends UncheckedIOException {

    private static final long serialVersionUID = 1L;

    WireClosed(String message) {
        super(message, new EOFException(message));
    }

    WireClosed(String message, IOException cause) {
        super(message, cause);
    }
}
