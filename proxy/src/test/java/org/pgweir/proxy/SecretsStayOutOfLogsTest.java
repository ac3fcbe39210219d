package org.pgweir.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.pgweir.testkit.CertificateAuthority;
import org.pgweir.testkit.KnownSecrets;

/** That a leak would be found: whoever looks for secrets must be able to find them. */
final class SecretsStayOutOfLogsTest {
    private static final String STORED =
            "SCRAM-SHA-256$4096:Qk5vZ2xLc2FsdDEyMzQ1Ng==$nhAXDHyiWdhtU0VBQvVzEdBq0IuHnDOLHo/Vqe3mXyM=:e5oDJb1tS9pdmGjIG8Ik0pVAOKZ6D4fSzpYhgyRZ8A4=";

    private final SecretsStayOutOfLogs.Reader reader = new SecretsStayOutOfLogs.Reader();

    private void assertFound(String text, Throwable thrown) {
        LogRecord event = new LogRecord(Level.FINEST, text);
        event.setThrown(thrown);
        reader.publish(event);
        assertThat(reader.take())
                .as(text)
                .hasSize(1)
                .noneMatch(told -> told.contains("sesame") || told.contains("nhAX"));
    }

    @Test
    void secretsAreFoundByTheirFormAndWhereverTheyStand() {
        assertFound("login failed: Open Sesame", null);
        assertFound("bad line: \"bob\" \"" + STORED + "\"", null);
        assertFound("md5" + "0123456789abcdef".repeat(2), null);
        assertFound("-----BEGIN PRIVATE KEY-----", null);
        assertFound("oops", new IllegalStateException("outer", new IllegalArgumentException("sesame")));
        reader.publish(new LogRecord(Level.INFO, "wrong password"));
        assertThat(reader.take()).isEmpty();
    }

    @Test
    void partsOfStoredSecretsAndKeysAreFoundOnceTheyAreKnown() {
        KnownSecrets.stored(STORED);
        assertFound("salt Qk5vZ2xLc2FsdDEyMzQ1Ng==", null);
        assertFound("key nhAXDHyiWdhtU0VBQvVzEdBq0IuHnDOLHo/Vqe3mXyM=", null);
        KnownSecrets.stored("md5" + "a1".repeat(16));
        assertFound("hash " + "a1".repeat(16), null);
        String pem = CertificateAuthority.create("secret").own().keyPem();
        assertFound("read " + pem.lines().skip(1).findFirst().orElseThrow(), null);
    }

    @Test
    void aPasswordThatCouldNotBeFoundIsRefused() {
        assertThatThrownBy(() -> KnownSecrets.password("pencil")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Pooler.builder().userList("\"bob\" \"sesame\"\n\"eve\" \"pencil\"\n"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Of the one that JUnit has found: it hears what nobody else does, and fails this test if that is not taken from it here. */
    @Test
    void whatIsSaidQuietlyIsHeard() {
        Logger.getLogger("org.pgweir.proxy.client.Client").finest("open sesame");
        assertThatThrownBy(() -> new SecretsStayOutOfLogs().afterEach(null))
                .isInstanceOf(AssertionError.class)
                .hasMessage("a secret was logged: org.pgweir.proxy.client.Client: ...open <here>");
    }
}
