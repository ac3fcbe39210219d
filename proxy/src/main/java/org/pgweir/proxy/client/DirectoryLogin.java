package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import org.pgweir.config.LdapOptions;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.PasswordMessage;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Workers.Job;
import org.pgweir.proxy.stats.Logins.Failure;

/** The client sends its password in clear text, and a directory is asked about it. */
final class DirectoryLogin implements ClientPhase {
    private static final int LONGEST_MESSAGE = 16 * 1024;

    private final Client client;
    private final LdapOptions directory;
    private final Inbox inbox = new Inbox(LONGEST_MESSAGE);
    private boolean asking;
    private boolean failed;
    private long askedAtNanos;
    private Job job = Job.NONE;

    private DirectoryLogin(Client client, LdapOptions directory) {
        this.client = client;
        this.directory = directory;
    }

    static void begin(Client client, LdapOptions directory, long nowNanos) {
        client.enter(new DirectoryLogin(client, directory), nowNanos);
        ByteBuf out = client.buffer(16);
        BackendMessages.authenticationCleartextPassword(out);
        client.send(out);
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        if (failed) {
            bytes.release();
            return;
        }
        try {
            ByteBuf body = inbox.nextPassword(bytes, asking);
            if (body != null) {
                askedAtNanos = nowNanos;
                client.progressed();
                ask(PasswordMessage.readPassword(body));
            }
        } catch (ProtocolViolation e) {
            client.refuse(Failure.PROTOCOL, ClientErrors.violation(e.getMessage()));
        }
    }

    private void ask(String password) {
        asking = true;
        job = client.services()
                .directories()
                .ask(directory, client.user(), password, client.loop(), refusal -> answered(refusal, password));
    }

    private void answered(String refusal, String password) {
        if (refusal == null) {
            client.admission().provedBy(password, Loop.nowNanos());
        } else {
            failed = true;
            client.logRefusal(refusal);
            FailedLogin.refuse(
                    client,
                    password.isEmpty() ? ClientErrors.EMPTY_PASSWORD : ClientErrors.PASSWORD_FAILED,
                    askedAtNanos);
        }
    }

    @Override
    public void leave(long nowNanos) {
        job.abandon();
        inbox.release();
    }
}
