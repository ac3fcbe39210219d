package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.pgweir.config.AuthType;
import org.pgweir.config.Configuration;
import org.pgweir.config.HbaMethod;
import org.pgweir.config.HbaRule;
import org.pgweir.config.Settings;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.auth.HbaDecision;
import org.pgweir.proxy.auth.LoginRequest;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Workers.Job;
import org.pgweir.proxy.session.Replication;
import org.pgweir.proxy.stats.Logins.Failure;

/** Finds out how the client has to prove who it is: as {@code auth_type} says, or the HBA rule that is for it. */
final class Gate implements ClientPhase {
    private final Client client;
    private Job job = Job.NONE;

    private Gate(Client client) {
        this.client = client;
    }

    static void begin(Client client, long nowNanos) {
        client.logAttempt();
        if (client.isOwner()) {
            client.admission().proved(nowNanos);
            return;
        }
        Configuration configuration = client.services().configuration();
        AuthType type = configuration.global().get(Settings.AUTH_TYPE);
        if (type == AuthType.LDAP) {
            DirectoryLogin.begin(client, configuration.global().get(Settings.AUTH_LDAP_OPTIONS), nowNanos);
            return;
        }
        if (type == AuthType.CERT) {
            new Gate(client).certificate(null, false, nowNanos);
            return;
        }
        if (type != AuthType.HBA) {
            Password.begin(client, type, nowNanos);
            return;
        }
        Gate gate = new Gate(client);
        client.enter(gate, nowNanos);
        Job asking = client.services().hba().decide(configuration, gate.request(), client.loop(), gate::decided);
        if (asking != Job.NONE) {
            gate.job = asking;
        }
    }

    private LoginRequest request() {
        InetAddress address = client.remoteAddress() instanceof InetSocketAddress inet ? inet.getAddress() : null;
        return new LoginRequest(
                client.database(),
                client.user(),
                address,
                client.tls() != null,
                client.replication() == Replication.PHYSICAL);
    }

    private void decided(HbaDecision decision) {
        if (decision instanceof HbaDecision.Matched matched) {
            client.judgedBy(matched.rule());
            follow(matched.rule(), Loop.nowNanos());
        } else if (decision instanceof HbaDecision.Undecidable undecidable) {
            client.judgedBy(undecidable.rule());
            refuse(undecidable.reason(), ClientErrors.LOGIN_REJECTED);
        } else {
            refuse("no rule of auth_hba_file is for this client", ClientErrors.NO_METHOD);
        }
    }

    private void follow(HbaRule rule, long nowNanos) {
        String clientCert = rule.options().get("clientcert");
        String refusal = clientCert == null || rule.method() == HbaMethod.CERT
                ? null
                : CertificateCheck.refusal(client, clientCert.equals("verify-full"), false, null);
        if (refusal != null) {
            refuse(refusal, ClientErrors.CERTIFICATE_FAILED);
            return;
        }
        switch (rule.method()) {
            case TRUST -> Password.begin(client, AuthType.TRUST, nowNanos);
            case MD5 -> Password.begin(client, AuthType.MD5, nowNanos);
            case PASSWORD -> Password.begin(client, AuthType.PLAIN, nowNanos);
            case SCRAM_SHA_256 -> Password.begin(client, AuthType.SCRAM_SHA_256, nowNanos);
            case CERT ->
                certificate(
                        rule.options().get("map"), "DN".equals(rule.options().get("clientname")), nowNanos);
            case LDAP -> DirectoryLogin.begin(client, rule.ldap(), nowNanos);
            case PEER ->
                job = client.services()
                        .hba()
                        .askPeer(
                                client.services().configuration(),
                                rule,
                                client.unixPeer(),
                                client.user(),
                                client.loop(),
                                this::peerAnswered);
            case REJECT -> refuse("rejected", ClientErrors.LOGIN_REJECTED);
        }
    }

    /** As in PgBouncer, the user must also be known. */
    private void certificate(String map, boolean wholeName, long nowNanos) {
        String refusal = CertificateCheck.refusal(client, true, wholeName, map);
        if (refusal == null) {
            Password.beginProved(client, ClientErrors.CERTIFICATE_FAILED, nowNanos);
        } else {
            refuse(refusal, ClientErrors.CERTIFICATE_FAILED);
        }
    }

    private void peerAnswered(String refusal) {
        if (refusal == null) {
            Password.beginProved(client, ClientErrors.UNIX_SOCKET_REJECTED, Loop.nowNanos());
        } else {
            refuse(refusal, ClientErrors.UNIX_SOCKET_REJECTED);
        }
    }

    private void refuse(String reason, ErrorMessage error) {
        client.logRefusal(reason);
        client.refuse(Failure.AUTHENTICATION, error);
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
