package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.pgweir.config.AuthType;
import org.pgweir.config.Secret;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.auth.SecretLookUp.Answer;
import org.pgweir.proxy.auth.SecretLookUp.Failed;
import org.pgweir.proxy.auth.SecretLookUp.Found;
import org.pgweir.proxy.auth.SecretSource;
import org.pgweir.proxy.auth.UserSecrets;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Workers.Job;
import org.pgweir.proxy.stats.Logins.Failure;

/** The user is not in the user list: a server is asked for the secret. */
final class LookUp implements ClientPhase {
    private final Client client;
    private final AuthType type;
    private final ErrorMessage refusal;
    private final SecretSource source;
    private Job job = Job.NONE;

    private LookUp(Client client, AuthType type, ErrorMessage refusal, SecretSource source) {
        this.client = client;
        this.type = type;
        this.refusal = refusal;
        this.source = source;
    }

    static void begin(Client client, AuthType type, ErrorMessage refusal, SecretSource source, long nowNanos) {
        LookUp phase = new LookUp(client, type, refusal, source);
        client.enter(phase, nowNanos);
        phase.job = client.services().lookedUpSecrets().find(client.loop(), source, client.user(), phase::answered);
    }

    private void answered(Answer answer) {
        if (answer instanceof Failed failed) {
            client.logRefusal(failed.reason());
            boolean told = failed.error() != null && !isNameOfAuthDbname(failed.error());
            client.refuse(
                    told ? Failure.SERVER : Failure.CONFIGURATION, told ? failed.error() : ClientErrors.LOOK_UP_FAILED);
            return;
        }
        boolean known = answer instanceof Found;
        List<Secret> secrets = answer instanceof Found found ? found.secrets() : List.of();
        boolean mustProve = type != AuthType.TRUST;
        if (known && secrets.isEmpty() && mustProve) {
            client.logRefusal("auth_query has no password for this user, or one that has expired");
        }
        UserSecrets user = UserSecrets.lookedUp(client.user(), known, source, secrets);
        // Where nothing is asked, to be let in or not tells already who exists.
        Password.begin(client, type, mustProve ? refusal : ClientErrors.NO_SUCH_USER, user, Loop.nowNanos());
    }

    /** Whether the error is about a database that the client has not asked for: that there is none is the operator's business. */
    private boolean isNameOfAuthDbname(ErrorMessage error) {
        return error.sqlstate().equals(ClientErrors.INVALID_CATALOG_NAME)
                && !source.database().equals(client.database());
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        client.refuseUntimely(bytes);
    }

    @Override
    public void leave(long nowNanos) {
        job.abandon();
    }
}
