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
            client.refuse(
                    failed.error() == null ? Failure.CONFIGURATION : Failure.SERVER,
                    failed.error() == null ? ClientErrors.LOOK_UP_FAILED : failed.error());
            return;
        }
        List<Secret> secrets = answer instanceof Found found ? found.secrets() : List.of();
        if (answer instanceof Found && secrets.isEmpty()) {
            client.logRefusal("auth_query has no password for this user, or one that has expired");
        }
        Password.begin(client, type, refusal, UserSecrets.lookedUp(client.user(), source, secrets), Loop.nowNanos());
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        bytes.release();
        client.refuse(Failure.PROTOCOL, ClientErrors.violation("unexpected message before the login is done"));
    }

    @Override
    public void leave(long nowNanos) {
        job.abandon();
    }
}
