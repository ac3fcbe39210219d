package org.pgweir.proxy.auth;

/** A client did not prove who it is. The reason is for the operator's log, never for the client. */
public final class LoginFailure extends Exception {
    private static final long serialVersionUID = 1L;

    public LoginFailure(String reason) {
        super(reason, null, false, false);
    }
}
