package org.pgweir.proxy.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import org.junit.jupiter.api.Test;
import org.pgweir.testkit.CertificateAuthority;
import org.pgweir.testkit.TestCertificate;

class TlsSessionTest {
    private final CertificateAuthority authority = CertificateAuthority.create("a");
    private final TestCertificate server = authority.forServer();

    @Test
    void givenAServersCertificateWhenAskedForTheEndPointThenItIsTheHashOfItsSignature() throws Exception {
        TlsSession session = new TlsSession("TLSv1.3", "TLS_AES_256_GCM_SHA384", server.certificate(), null, null);
        assertThat(session.serverEndPoint())
                .isEqualTo(MessageDigest.getInstance("SHA-256")
                        .digest(server.certificate().getEncoded()));
        assertThat(session.description()).isEqualTo("TLSv1.3/TLS_AES_256_GCM_SHA384");
        assertThat(session.clientCertificate()).isNull();
        assertThat(session.clientCommonName()).isNull();
        assertThat(session.clientDistinguishedName()).isNull();
    }

    @Test
    void givenAClientsCertificateWhenAskedForNamesThenTheyAreTheSubjects() {
        TestCertificate client =
                authority.request("CN=alice, OU=sales+L=here, O=shop").sign();
        TlsSession session = new TlsSession("", "", server.certificate(), client.certificate(), null);
        assertThat(session.clientCommonName()).isEqualTo("alice");
        assertThat(session.clientDistinguishedName()).startsWith("CN=alice,").endsWith(",O=shop");
    }

    @Test
    void givenASubjectWithoutACommonNameWhenAskedThenThereIsNone() {
        TestCertificate client = authority.request("O=shop").sign();
        assertThat(TlsSession.commonName(client.certificate())).isNull();
    }
}
