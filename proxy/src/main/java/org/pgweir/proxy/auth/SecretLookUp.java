package org.pgweir.proxy.auth;

import java.util.List;
import java.util.function.Consumer;
import org.pgweir.config.Secret;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Workers.Job;

/** Asks a server for the secret of a user. */
public interface SecretLookUp {
    /**
     * Called and answered on the loop.
     *
     * @return what may be abandoned, on the loop: what has not been sent then will not be; there is an answer in any case
     */
    Job ask(Loop loop, SecretSource source, String user, Consumer<Answer> done);

    /** What came of it. */
    sealed interface Answer {}

    /** @param secrets none if the user has no password, or one that has expired */
    record Found(List<Secret> secrets) implements Answer {}

    /** There is no such user. */
    record NotFound() implements Answer {}

    /**
     * Nobody knows.
     *
     * @param error for the client; null if the reason is none of its business
     * @param reason for the log
     */
    record Failed(ErrorMessage error, String reason) implements Answer {
        /** The client may know all of it. */
        public static Failed told(ErrorMessage error) {
            return new Failed(error, error.message());
        }
    }
}
