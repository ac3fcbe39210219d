package org.pgweir.proxy.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CRLException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.testkit.CertificateAuthority;
import org.pgweir.testkit.TestCertificate;

/** Whom the certificates of a file vouch for: the same as with OpenSSL. */
final class TrustedAuthoritiesTest {
    private static final CertificateAuthority ROOT = CertificateAuthority.create("root");
    private static final CertificateAuthority BRANCH = ROOT.subordinate("branch");
    private static final TestCertificate LEAF = BRANCH.forClient("alice");
    private static final TestCertificate OTHER = BRANCH.forClient("bob");

    private static final List<X509CRL> NOBODY = List.of(ROOT.revoked(), BRANCH.revoked());
    private static final List<X509CRL> LEAF_REVOKED = List.of(ROOT.revoked(), BRANCH.revoked(LEAF));
    private static final List<X509CRL> BRANCH_REVOKED = List.of(ROOT.revoked(BRANCH.own()), BRANCH.revoked());

    @TempDir
    private Path folder;

    private static String refusal(List<TestCertificate> authorities, List<X509CRL> lists, TestCertificate... chain) {
        return new TrustedAuthorities(certificates(authorities), lists)
                .refusal(certificates(List.of(chain)).toArray(X509Certificate[]::new));
    }

    private static List<X509Certificate> certificates(List<TestCertificate> certificates) {
        return certificates.stream().map(TestCertificate::certificate).toList();
    }

    @Test
    void aRootVouchesForWhomItsBranchesHaveSigned() {
        List<TestCertificate> file = List.of(ROOT.own());
        assertThat(refusal(file, List.of(), LEAF, BRANCH.own())).isNull();
        assertThat(refusal(file, NOBODY, LEAF, BRANCH.own())).isNull();
        assertThat(refusal(file, List.of(), LEAF)).isNotNull();
    }

    @Test
    void aBranchInTheFileHelpsThoseWhoDoNotShowIt() {
        List<TestCertificate> file = List.of(ROOT.own(), BRANCH.own());
        assertThat(refusal(file, List.of(), LEAF)).isNull();
        assertThat(refusal(file, NOBODY, LEAF)).isNull();
        assertThat(refusal(file, LEAF_REVOKED, LEAF)).startsWith("Certificate has been revoked");
    }

    @Test
    void aBranchThatIsRevokedVouchesForNobodyWhereverItStands() {
        for (List<TestCertificate> file : List.of(List.of(ROOT.own()), List.of(ROOT.own(), BRANCH.own()))) {
            assertThat(refusal(file, BRANCH_REVOKED, LEAF, BRANCH.own())).startsWith("Certificate has been revoked");
        }
    }

    @Test
    void withoutARootNobodyIsTrusted() {
        for (TestCertificate alone : List.of(BRANCH.own(), LEAF)) {
            assertThat(refusal(List.of(alone), List.of(), LEAF, BRANCH.own()))
                    .isEqualTo("there is no root among the authorities, one that has signed itself");
        }
        assertThat(new TrustedAuthorities(certificates(List.of(BRANCH.own())), List.of()).hasRoot())
                .isFalse();
    }

    @Test
    void openSslSaysTheSameOfAllCombinations() throws Exception {
        assumeTrue(Stream.of("/usr/bin/openssl", "/bin/openssl").anyMatch(name -> Files.isExecutable(Path.of(name))));
        CertificateAuthority alone = CertificateAuthority.create("alice");
        TestCertificate itself = alone.own();
        CertificateAuthority old = CertificateAuthority.createExpired("old");
        Map<String, List<TestCertificate>> files = new LinkedHashMap<>();
        files.put("root", List.of(ROOT.own()));
        files.put("root and branch", List.of(ROOT.own(), BRANCH.own()));
        files.put("branch", List.of(BRANCH.own()));
        files.put("leaf", List.of(LEAF));
        files.put("itself", List.of(itself));
        files.put("old", List.of(old.own()));
        files.put("old and root", List.of(old.own(), ROOT.own()));
        Map<String, List<TestCertificate>> chains = new LinkedHashMap<>();
        chains.put("leaf", List.of(LEAF));
        chains.put("leaf, branch", List.of(LEAF, BRANCH.own()));
        chains.put("other, branch, root", List.of(OTHER, BRANCH.own(), ROOT.own()));
        chains.put("itself", List.of(itself));
        chains.put("of old", List.of(old.forClient("carol")));
        Map<String, List<X509CRL>> lists = new LinkedHashMap<>();
        lists.put("no lists", List.of());
        lists.put("empty lists", NOBODY);
        lists.put("leaf revoked", LEAF_REVOKED);
        lists.put("branch revoked", BRANCH_REVOKED);
        lists.put("list of the branch only", List.of(BRANCH.revoked()));
        lists.put("list of its own", List.of(alone.revoked()));
        lists.put("list of its own with itself", List.of(alone.revoked(itself)));
        lists.put("root on its own list", List.of(ROOT.revoked(ROOT.own()), BRANCH.revoked()));

        List<String> ours = new ArrayList<>();
        List<String> theirs = new ArrayList<>();
        files.forEach((fileName, file) -> chains.forEach((chainName, chain) -> lists.forEach((listName, list) -> {
            String name = fileName + " | " + chainName + " | " + listName + ": ";
            String refusal = refusal(file, list, chain.toArray(TestCertificate[]::new));
            ours.add(name + (refusal == null));
            theirs.add(name + openSslTrusts(file, list, chain));
        })));
        assertThat(ours).anyMatch(line -> line.endsWith("true")).containsExactlyElementsOf(theirs);
    }

    private boolean openSslTrusts(List<TestCertificate> authorities, List<X509CRL> lists, List<TestCertificate> chain) {
        try {
            List<String> command = new ArrayList<>(
                    List.of("openssl", "verify", "-no-CApath", "-no-CAstore", "-purpose", "sslclient", "-CAfile"));
            command.add(pem("ca", authorities.stream().map(TestCertificate::certificatePem)));
            if (!lists.isEmpty()) {
                command.addAll(List.of(
                        "-crl_check_all", "-CRLfile", pem("crl", lists.stream().map(list -> pem(list)))));
            }
            if (chain.size() > 1) {
                command.add("-untrusted");
                command.add(pem("chain", chain.stream().skip(1).map(TestCertificate::certificatePem)));
            }
            command.add(pem("leaf", chain.stream().limit(1).map(TestCertificate::certificatePem)));
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            return process.waitFor() == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String pem(String name, Stream<String> parts) throws IOException {
        return Files.writeString(folder.resolve(name), String.join("", parts.toList()))
                .toString();
    }

    private static String pem(X509CRL list) {
        try {
            return "-----BEGIN X509 CRL-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(list.getEncoded())
                    + "\n-----END X509 CRL-----\n";
        } catch (CRLException e) {
            throw new IllegalStateException(e);
        }
    }
}
