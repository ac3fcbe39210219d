package org.pgweir.proxy.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.testkit.CertificateAuthority;
import org.pgweir.testkit.CertificateAuthority.KeyType;
import org.pgweir.testkit.TestCertificate;

/** The keys here were made by OpenSSL, for these tests. */
class PemFileTest {
    private static final String RSA_PKCS1 = """
            -----BEGIN RSA PRIVATE KEY-----
            MIIEpAIBAAKCAQEAq0tSGpD3eP6FfrzK0uOKHnafzA9NzovW1qvohRosGrbBBn5v
            JGYZ+sxuG2r7ORr1oDJA8K5Z7PfV4l2WlZ3Kk7l68/l2ZEsfxG6G3k5V/DYuWNTW
            vPgz09lCE7MNa5blg5TiCQKaEa0u+RdAGRCrOQqvERSZJkRAZfdwUgY8q6v/bEbM
            UnTHI8VWHvo/WzKQnZhsUCn3dJqNhmMSXMQQGiiMB8R54CAX+IbEkpNAVapuEFHv
            O2BXkCegQZnkuU67qf6qlsI75COaw+/We287CU/4ZjOnv0f5RsOJVJqEj7OyVAAI
            T+uVgHm8jCVwL5ohVowFo4xlYnhcwr2O0oY9AQIDAQABAoIBAAZw1JYoBptyShli
            FMubajbEWxgNYXvMtA1N5z1p/BKO2X8v5r1+hOByY17SVBPpY1/cp23I5A2cTcyE
            f+flK6ZdcCelpPqlUkQ+jzpVGtRa7S80Hf/QG5LG/L4r/geiR1IamXfaJr+QSs+k
            PNSJxs2At8hzhSh0TWpA/Y8UcPTmI3/6uChofE/GUqbbrSJNfKENL+TZ4G5/H+jV
            0RLKb+YaCBAa0RNKsVjrmeKAGVsBhBQ3F7RrhvNO45N+w7OrONigKRGw2y4oPvnQ
            ZTNArPMymxNjW7YIpisEaOTPgOTKC8mmpvib4a03hbSV5fqpnFlvGIMeM/5c1Xc9
            sGlRUukCgYEA8Blx/N2W/1nvt/Wsf7aoEzRzr+J31sY3mqpJdZfd7Zfj4Xy9ZsGk
            sNTwNbz2o/K0Y0sb6KeyWkTzU7okbL75xB5ondADTnhvG/iS8ESdWP4294SkhKwb
            ErmLO1gman9Z+V2NMr64vZVRcxbjYcSHvcJ4O8EaaQOdruHyc5VogHsCgYEAtqNg
            4bFUsMp2CzwzOUL8C5BuiTJjhnl5NR7etOCDsaesuHMieHSAUrO1G/6RYgyNX4YQ
            kMYWN/XxBuh/9r5xfm3cv2hg1LqaZ+j0g8QeZE6xexNbSYetAbBva4ZZyp4pgVtn
            Y2RBCOKbQF/CkDH/9CBb5D/kYGmSjbBDHsI2BbMCgYEA2C4Q9ByQWFoh/QC20Ecm
            DiSsBTFjtX3Dkv7AJaEXsVWRWPV3k43HO3B+1+PMLtHYmY6HEnProltyu3BeW4uY
            V30JtQ4V7BGD+StXIf6lrfs2gqZrewl7VuC4/DXiYQFJgb055PbUX96R944kLWNG
            1RTELQkxPlyDHXNTWb6s2QECgYEAlC6oq1VKhoouDl2QnfQINYXA+VXFxFSIkB30
            ycKjdx+5FoprvFmhx/gAiK8Z2/idN5S5mgzt+Ad2wIkhUdwgj1ip0y7n6ZFhN8+d
            m88ibXYfr+D7nwQSzZ0OOapu7eM3f7nef5jW31OkbS2E2aOHrNYYWG+yZrshag5J
            1wnx9NsCgYAq/yg+5DsTppIcbEZuY8Hvhi9AxDbsCUkjVHurVeUCx9gDaU9kS8f0
            o3xX5k/7n0RNsQUbq+0Zhq29jia7NhhxMRfnbOUC6K+NGyH0Z2n980HY9s4J82NE
            M7BzfO+PiGXnGeH+usJ/RbS/1jgSDOPRJ+VkG57WHXhP31FnLxZm0g==
            -----END RSA PRIVATE KEY-----
            """;

    private static final String EC_SEC1 = """
            -----BEGIN EC PARAMETERS-----
            BggqhkjOPQMBBw==
            -----END EC PARAMETERS-----
            -----BEGIN EC PRIVATE KEY-----
            MHcCAQEEIPgdffBq+j3MFNeuymPVdditZbFaAenXP8625olzLxQioAoGCCqGSM49
            AwEHoUQDQgAEqG/W0jknRlucAXCrMq8ci46lzyPNgOHOzdr8F3Uvn3kKGii7sq2N
            KM9EM2QDgKGQ/NaCP0p9Rfl9KxuW8aa4Ag==
            -----END EC PRIVATE KEY-----
            """;

    private static final String EC_PKCS8 = """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+B198Gr6PcwU167K
            Y9V12K1lsVoB6dc/zrbmiXMvFCKhRANCAASob9bSOSdGW5wBcKsyrxyLjqXPI82A
            4c7N2vwXdS+feQoaKLuyrY0oz0QzZAOAoZD81oI/Sn1F+X0rG5bxprgC
            -----END PRIVATE KEY-----
            """;

    private static final String EC_SEC1_ENCRYPTED = """
            -----BEGIN EC PRIVATE KEY-----
            Proc-Type: 4,ENCRYPTED
            DEK-Info: AES-128-CBC,6EF668DE896B77A3D61D574934A11CB2

            0mmDRNl7vI7U/0OZaeNQTIyBzBguM8x+xpKPIXK4pdDGqJKDI/Af9uvA1YOpQi1/
            SmIUJVKDzHqR96JGj2vqrOGBSNAvVTZgtSx2YP15Aa/2MtkjEMkkEFnEhgftpVv+
            U2jK/pPOFj3E5t1oB2/lQHvyKp8+EsZ1B9xhfZqiAY8=
            -----END EC PRIVATE KEY-----
            """;

    @TempDir
    Path folder;

    private PemFile file(String text) throws IOException {
        return PemFile.read(Files.writeString(folder.resolve("file.pem"), text));
    }

    @Test
    void givenAnRsaKeyOfPkcs1WhenReadThenItIsWhatItWas() throws Exception {
        PrivateKey key = file(RSA_PKCS1).privateKey();
        assertThat(key)
                .isInstanceOfSatisfying(
                        RSAPrivateKey.class,
                        rsa -> assertThat(rsa.getModulus().bitLength()).isEqualTo(2048));
    }

    @Test
    void givenACurveKeyOfSec1WhenReadThenItIsTheSameAsInPkcs8() throws Exception {
        ECPrivateKey key = (ECPrivateKey) file(EC_SEC1).privateKey();
        ECPrivateKey same = (ECPrivateKey) file(EC_PKCS8).privateKey();
        assertThat(key.getS()).isEqualTo(same.getS());
        assertThat(key.getParams()).isEqualTo(same.getParams());
    }

    @Test
    void givenKeysThatCannotBeUsedWhenReadThenTheReasonSaysWhy() {
        assertThatThrownBy(() -> file(EC_SEC1_ENCRYPTED).privateKey()).hasMessageContaining("encrypted");
        assertThatThrownBy(() ->
                        file(EC_PKCS8.replace("PRIVATE", "ENCRYPTED PRIVATE")).privateKey())
                .hasMessageContaining("encrypted");
        assertThatThrownBy(() -> file(EC_PKCS8.replace("PRIVATE", "PUBLIC")).privateKey())
                .hasMessageContaining("no private key");
        assertThatThrownBy(() -> file("").certificates()).hasMessageContaining("no certificate");
        for (int length : List.of(0, 1, 3, 9, 30)) {
            String cut = "-----BEGIN EC PRIVATE KEY-----\n"
                    + EC_SEC1.substring(EC_SEC1.lastIndexOf("BEGIN"))
                            .split("\n")[1]
                            .substring(0, length)
                    + "\n-----END EC PRIVATE KEY-----\n";
            assertThatThrownBy(() -> file(cut).privateKey()).as(cut).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> PemFile.read(folder)).hasMessage("it is a folder");
        assertThatThrownBy(() -> PemFile.read(folder.resolve("none"))).hasMessage("no such file");
    }

    @Test
    void givenAChainWithTextAroundWhenReadThenTheOrderIsKept() throws Exception {
        CertificateAuthority authority = CertificateAuthority.create("a");
        TestCertificate leaf = authority.forServer();
        assertThat(file("Certificate:\r\n    Data\r\n" + leaf.certificatePem().replace("\n", "\r\n")
                                + authority.own().certificatePem())
                        .certificates())
                .containsExactly(leaf.certificate(), authority.own().certificate());
    }

    @Test
    void givenAKeyWhenItBelongsToAnotherCertificateThenItDoesNotFit() {
        CertificateAuthority authority = CertificateAuthority.create("a");
        for (KeyType type : KeyType.values()) {
            TestCertificate one = authority.request("CN=one").key(type).sign();
            TestCertificate other = authority.request("CN=other").key(type).sign();
            assertThat(new TlsIdentity(one.key(), List.of(one.certificate())).fits())
                    .isTrue();
            assertThat(new TlsIdentity(one.key(), List.of(other.certificate())).fits())
                    .isFalse();
        }
    }
}
