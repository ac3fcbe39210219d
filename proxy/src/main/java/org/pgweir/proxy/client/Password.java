package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Supplier;
import org.pgweir.config.AuthType;
import org.pgweir.config.Secret;
import org.pgweir.config.Settings;
import org.pgweir.config.UserList;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.PasswordMessage;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.proxy.auth.ClientLogin;
import org.pgweir.proxy.auth.LoginFailure;
import org.pgweir.proxy.auth.ScramExchange;
import org.pgweir.proxy.auth.ScramSecrets;
import org.pgweir.proxy.stats.Logins.Failure;

/** The client proves who it is. */
final class Password implements ClientPhase {
    /** Long enough for tokens that are sent as passwords. */
    private static final int LONGEST_MESSAGE = 16 * 1024;

    private final Client client;
    private final ClientLogin login;
    private final Inbox inbox = new Inbox(LONGEST_MESSAGE);
    private ScramExchange scram;
    private boolean scramProving;
    private boolean workerBusy;
    private boolean left;

    private Password(Client client, ClientLogin login) {
        this.client = client;
        this.login = login;
    }

    /** Asks for what is needed, or lets the client in at once. */
    static void begin(Client client, AuthType type, long nowNanos) {
        ClientLogin login = decide(client, type);
        if (login instanceof ClientLogin.Trusted) {
            client.proved(nowNanos);
        } else if (login instanceof ClientLogin.Refused refused) {
            client.logRefusal(refused.reason());
            client.refuse(
                    Failure.AUTHENTICATION,
                    type == AuthType.TRUST ? ClientErrors.TRUST_FAILED : ClientErrors.LOGIN_REJECTED);
        } else {
            Password phase = new Password(client, login);
            client.enter(phase, nowNanos);
            phase.ask();
        }
    }

    private static ClientLogin decide(Client client, AuthType type) {
        var settings = client.services().configuration().global();
        UserList users = client.services().configuration().userList();
        Secret secret = users.secretOf(client.user()).orElse(null);
        return ClientLogin.decide(
                type, client.user(), secret, users.contains(client.user()), settings.get(Settings.SCRAM_ITERATIONS));
    }

    private void ask() {
        if (login instanceof ClientLogin.ScramFromPassword fromPassword) {
            int iterations = client.services().configuration().global().get(Settings.SCRAM_ITERATIONS);
            onWorker(
                    () -> ScramSecrets.derive(fromPassword.password(), iterations),
                    secret -> askScram(new ClientLogin.Scram(secret, true)));
            return;
        }
        if (login instanceof ClientLogin.Scram known) {
            askScram(known);
            return;
        }
        ByteBuf out = client.buffer(16);
        if (login instanceof ClientLogin.Md5 md5) {
            BackendMessages.authenticationMd5Password(out, md5.salt());
        } else {
            BackendMessages.authenticationCleartextPassword(out);
        }
        client.send(out);
    }

    private void askScram(ClientLogin.Scram known) {
        scram = new ScramExchange(known.secret(), known.genuine());
        ByteBuf out = client.buffer(64);
        BackendMessages.authenticationSasl(out, List.of(ScramExchange.MECHANISM));
        client.send(out);
    }

    private <T> void onWorker(Supplier<T> work, java.util.function.Consumer<T> then) {
        workerBusy = true;
        client.services().workers().run(client.loop(), work, result -> {
            workerBusy = false;
            if (!left) {
                then.accept(result);
            }
        });
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        try {
            inbox.add(bytes);
            if (workerBusy) {
                throw new ProtocolViolation("unexpected message while the password is being checked");
            }
            ByteBuf body = inbox.next(Frontend.PASSWORD);
            if (body != null) {
                if (!inbox.isEmpty()) {
                    throw new ProtocolViolation("received data behind the password");
                }
                onMessage(body, nowNanos);
            }
        } catch (ProtocolViolation e) {
            client.refuse(Failure.PROTOCOL, ClientErrors.violation(e.getMessage()));
        } catch (LoginFailure e) {
            failed(scram != null ? ClientErrors.SASL_FAILED : ClientErrors.PASSWORD_FAILED, e.getMessage());
        }
    }

    private void onMessage(ByteBuf body, long nowNanos) throws ProtocolViolation, LoginFailure {
        if (login instanceof ClientLogin.Md5 md5) {
            checked(md5.accepts(PasswordMessage.readPassword(body)), nowNanos);
        } else if (login instanceof ClientLogin.Cleartext cleartext) {
            String password = PasswordMessage.readPassword(body);
            onWorker(() -> cleartext.accepts(password), accepted -> checked(accepted, System.nanoTime()));
        } else if (!scramProving) {
            PasswordMessage.SaslInitial initial = PasswordMessage.readSaslInitial(body);
            if (!initial.mechanism().equals(ScramExchange.MECHANISM)) {
                throw new ProtocolViolation("client selected an invalid SASL authentication mechanism");
            }
            String serverFirst = scram.serverFirst(initial.data());
            scramProving = true;
            ByteBuf out = client.buffer(128);
            BackendMessages.authenticationSaslContinue(out, serverFirst);
            client.send(out);
        } else {
            String serverFinal = scram.serverFinal(PasswordMessage.readSaslResponse(body));
            ByteBuf out = client.buffer(128);
            BackendMessages.authenticationSaslFinal(out, serverFinal);
            client.send(out);
            client.proved(nowNanos);
        }
    }

    private void checked(boolean accepted, long nowNanos) {
        if (accepted) {
            client.proved(nowNanos);
        } else {
            failed(ClientErrors.PASSWORD_FAILED, "wrong password or unknown user");
        }
    }

    private void failed(ErrorMessage error, String reason) {
        client.logRefusal(reason);
        client.refuse(Failure.AUTHENTICATION, error);
    }

    @Override
    public void leave(long nowNanos) {
        left = true;
        inbox.release();
    }
}
