package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.pgweir.config.AuthType;
import org.pgweir.config.Configuration;
import org.pgweir.config.Secret.ScramSecret;
import org.pgweir.config.Settings;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.PasswordMessage;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.proxy.auth.ClientLogin;
import org.pgweir.proxy.auth.LoginFailure;
import org.pgweir.proxy.auth.ScramExchange;
import org.pgweir.proxy.auth.ScramKeys;
import org.pgweir.proxy.auth.SecretSource;
import org.pgweir.proxy.auth.UserSecrets;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Workers.Job;
import org.pgweir.proxy.stats.Logins.Failure;

/** The client proves who it is. */
final class Password implements ClientPhase {
    /** Long enough for tokens that are sent as passwords. */
    private static final int LONGEST_PASSWORD = 16 * 1024;

    /** As in PostgreSQL (PG_MAX_SASL_MESSAGE_LENGTH). */
    private static final int LONGEST_ANSWER = 1024;

    private final Client client;
    private final UserSecrets user;
    private final ClientLogin login;
    private final Inbox inbox;
    private ScramExchange scram;
    private boolean scramProving;
    private boolean workerBusy;
    private Job job = Job.NONE;
    private long askedAtNanos;
    private boolean wasEmpty;
    private boolean failed;

    private Password(Client client, UserSecrets user, ClientLogin login) {
        this.client = client;
        this.user = user;
        this.login = login;
        inbox = new Inbox(login instanceof ClientLogin.Cleartext ? LONGEST_PASSWORD : LONGEST_ANSWER);
    }

    /** Asks for what is needed, or lets the client in at once. */
    static void begin(Client client, AuthType type, long nowNanos) {
        begin(client, type, type == AuthType.TRUST ? ClientErrors.TRUST_FAILED : ClientErrors.LOGIN_REJECTED, nowNanos);
    }

    /** The client has shown by other means that it is its user: it may come in if there is such a user. */
    static void beginProved(Client client, ErrorMessage ifUnknown, long nowNanos) {
        begin(client, AuthType.TRUST, ifUnknown, nowNanos);
    }

    /** @param refusal for who need not be asked, since there is no such user */
    private static void begin(Client client, AuthType type, ErrorMessage refusal, long nowNanos) {
        Configuration configuration = client.services().configuration();
        UserSecrets listed = UserSecrets.listed(client.user(), configuration.userList());
        Optional<SecretSource> source = type == AuthType.ANY || listed.known()
                ? Optional.empty()
                : SecretSource.of(configuration, client.database());
        if (source.isPresent()) {
            LookUp.begin(client, type, refusal, source.get(), nowNanos);
        } else {
            begin(client, type, refusal, listed, nowNanos);
        }
    }

    /** As {@link #begin(Client, AuthType, long)}, when it is known what the user has to prove. */
    static void begin(Client client, AuthType type, ErrorMessage refusal, UserSecrets user, long nowNanos) {
        client.admission().wantsToBe(user);
        int iterations = client.services().configuration().global().get(Settings.SCRAM_ITERATIONS);
        ClientLogin login = ClientLogin.decide(type, user, iterations);
        if (login instanceof ClientLogin.Trusted) {
            client.admission().proved(nowNanos);
        } else if (login instanceof ClientLogin.Refused refused) {
            client.logRefusal(refused.reason());
            client.refuse(Failure.AUTHENTICATION, refusal);
        } else {
            Password phase = new Password(client, user, login);
            client.enter(phase, nowNanos);
            phase.ask();
        }
    }

    private void ask() {
        ByteBuf out = client.buffer(64);
        if (login instanceof ClientLogin.Scram asked) {
            byte[] endPoint = client.tls() == null ? null : client.tls().serverEndPoint();
            scram = new ScramExchange(asked.salt(), asked.iterations(), endPoint);
            BackendMessages.authenticationSasl(out, scram.mechanisms());
        } else if (login instanceof ClientLogin.Md5 md5) {
            BackendMessages.authenticationMd5Password(out, md5.salt());
        } else {
            BackendMessages.authenticationCleartextPassword(out);
        }
        client.send(out);
    }

    private <T> void onWorker(Supplier<T> work, Consumer<T> then) {
        workerBusy = true;
        job = client.services().workers().run(client.loop(), work, result -> {
            workerBusy = false;
            then.accept(result);
        });
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        if (failed) {
            bytes.release();
            return;
        }
        try {
            ByteBuf body = inbox.nextPassword(bytes, workerBusy);
            if (body != null) {
                askedAtNanos = nowNanos;
                client.progressed();
                onMessage(body, nowNanos);
            }
        } catch (ProtocolViolation e) {
            client.refuse(Failure.PROTOCOL, ClientErrors.violation(e.getMessage()));
        } catch (LoginFailure e) {
            fail(e.getMessage());
        }
    }

    private void onMessage(ByteBuf body, long nowNanos) throws ProtocolViolation, LoginFailure {
        if (login instanceof ClientLogin.Md5 md5) {
            String answer = PasswordMessage.readPassword(body);
            wasEmpty = answer.isEmpty();
            checked(md5.accepts(answer), nowNanos);
        } else if (login instanceof ClientLogin.Cleartext cleartext) {
            String password = PasswordMessage.readPassword(body);
            wasEmpty = password.isEmpty();
            ScramKeys keys = client.services().scramKeys();
            if (cleartext.isCostly()) {
                onWorker(() -> cleartext.accepts(password, keys), accepted -> checked(accepted, Loop.nowNanos()));
            } else {
                checked(cleartext.accepts(password, keys), nowNanos);
            }
        } else if (!scramProving) {
            PasswordMessage.SaslInitial initial = PasswordMessage.readSaslInitial(body);
            if (!scram.mechanisms().contains(initial.mechanism())) {
                throw new ProtocolViolation("client selected an invalid SASL authentication mechanism");
            }
            String serverFirst = scram.serverFirst(initial.mechanism(), initial.data());
            scramProving = true;
            ByteBuf out = client.buffer(128);
            BackendMessages.authenticationSaslContinue(out, serverFirst);
            client.send(out);
        } else {
            scram.clientFinal(PasswordMessage.readSaslResponse(body));
            ClientLogin.Scram asked = (ClientLogin.Scram) login;
            List<ScramSecret> ready = client.services().scramKeys().ready(asked);
            if (ready != null) {
                verify(ready, nowNanos);
            } else {
                onWorker(() -> client.services().scramKeys().derive(asked), this::derived);
            }
        }
    }

    private void derived(List<ScramSecret> secrets) {
        try {
            verify(secrets, Loop.nowNanos());
        } catch (LoginFailure e) {
            fail(e.getMessage());
        }
    }

    private void verify(List<ScramSecret> secrets, long nowNanos) throws LoginFailure {
        ScramExchange.Proof proof = scram.verify(secrets);
        if (((ClientLogin.Scram) login).verifiers().contains(proof.secret())) {
            client.services().scramKeys().learn(client.user(), proof.secret(), proof.clientKey());
        }
        ByteBuf out = client.buffer(128);
        BackendMessages.authenticationSaslFinal(out, proof.serverFinal());
        client.send(out);
        client.admission().proved(nowNanos);
    }

    private void checked(boolean accepted, long nowNanos) {
        if (accepted) {
            client.admission().proved(nowNanos);
        } else {
            fail("wrong password");
        }
    }

    private void fail(String reason) {
        failed = true;
        if (user.source() != null) {
            client.services().lookedUpSecrets().doubt(user.source(), user.user());
        }
        client.logRefusal(user.known() ? reason : "no such user");
        ErrorMessage error = wasEmpty ? ClientErrors.EMPTY_PASSWORD : ClientErrors.PASSWORD_FAILED;
        FailedLogin.refuse(client, scram != null ? ClientErrors.SASL_FAILED : error, askedAtNanos);
    }

    @Override
    public void leave(long nowNanos) {
        job.abandon();
        inbox.release();
    }
}
