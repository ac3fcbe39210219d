package org.pgweir.protocol;

/** Bytes that are no message of the protocol, or not at this place. Carries no stack trace: strangers can cause it at will. */
public final class ProtocolViolation extends Exception {
    private static final long serialVersionUID = 1L;

    public ProtocolViolation(String message) {
        super(message, null, false, false);
    }
}
