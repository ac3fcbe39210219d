package org.pgweir.proxy.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsCiphersTest {
    private static List<String> listed(String list) {
        return TlsCiphers.listed(list).stream().map(TlsCiphers::openSslName).toList();
    }

    @Test
    void givenNamesWhenReadThenTheyStayInTheirOrder() {
        assertThat(listed("ECDHE-RSA-AES128-GCM-SHA256:AES256-SHA, TLS_RSA_WITH_AES_128_CBC_SHA nonsense"))
                .containsExactly("ECDHE-RSA-AES128-GCM-SHA256", "AES256-SHA", "AES128-SHA");
        assertThat(listed("AES256-SHA:ECDHE-RSA-AES256-SHA:+AES256-SHA"))
                .containsExactly("ECDHE-RSA-AES256-SHA", "AES256-SHA");
        assertThat(listed("AES256-SHA:-AES256-SHA:AES128-SHA:AES256-SHA")).containsExactly("AES128-SHA", "AES256-SHA");
        assertThat(listed("!AES256-SHA:AES128-SHA:AES256-SHA")).containsExactly("AES128-SHA");
        assertThat(listed("NULL:LOW:eNULL:aNULL")).isEmpty();
        assertThat(listed("default")).isEqualTo(listed("HIGH")).first().isEqualTo("ECDHE-ECDSA-AES256-GCM-SHA384");
    }

    @Test
    void givenNamesOfTls13WhenReadThenOnlyThose() {
        assertThat(TlsCiphers.listed13("")).hasSize(3);
        assertThat(TlsCiphers.listed13("TLS_AES_128_GCM_SHA256:x")).containsExactly("TLS_AES_128_GCM_SHA256");
        assertThat(TlsCiphers.listed13("HIGH")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HIGH:!aNULL",
                "HIGH:MEDIUM:+3DES:!aNULL",
                "ECDHE+AESGCM:DHE+CHACHA20",
                "ALL:!kRSA:!SHA1",
                "EECDH+AES:kEDH:!SHA384",
                "aECDSA:!AES128",
                "kRSA+AES256",
                "RSA:!AESGCM",
                "TLSv1.2:!aRSA",
                "DEFAULT:!DES:!RC4:!IDEA:!SEED:!CAMELLIA:@STRENGTH"
            })
    void givenAListWhenReadThenItHasWhatOpenSslFindsInIt(String list) throws Exception {
        Set<String> known = Set.copyOf(listed("default"));
        Set<String> found = Stream.of(openssl(list).strip().split(":"))
                .filter(known::contains)
                .collect(Collectors.toSet());
        assertThat(found).isNotEmpty();
        assertThat(listed(list)).containsExactlyInAnyOrderElementsOf(found);
    }

    private static String openssl(String list) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder("openssl", "ciphers", list).start();
        } catch (IOException e) {
            assumeTrue(false, "openssl is installed");
            return "";
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return output;
    }
}
