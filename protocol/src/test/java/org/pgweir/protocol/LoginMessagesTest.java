package org.pgweir.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.pgweir.protocol.Buffers.bytes;
import static org.pgweir.protocol.Buffers.int4;

import io.netty.buffer.ByteBuf;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The bodies of the messages of a login, right and wrong. */
class LoginMessagesTest {
    @RegisterExtension
    final Buffers buffers = new Buffers();

    private interface Reader<T> {
        T read(ByteBuf body) throws ProtocolViolation;
    }

    private <T> T read(Reader<T> reader, Object... body) throws ProtocolViolation {
        ByteBuf in = buffers.of(bytes(body));
        try {
            return reader.read(in);
        } finally {
            in.release();
        }
    }

    private void assertViolation(Reader<?> reader, Object... body) {
        assertThatExceptionOfType(ProtocolViolation.class).isThrownBy(() -> read(reader, body));
    }

    private static ParameterStatus parameterStatus(ByteBuf body) throws ProtocolViolation {
        return ParameterStatus.read(body, body.readerIndex(), body.writerIndex());
    }

    @Test
    void givenEachAuthenticationRequestWhenReadThenItIsTold() throws ProtocolViolation {
        assertThat(read(AuthenticationRequest::read, int4(0))).isEqualTo(new AuthenticationRequest.Ok());
        assertThat(read(AuthenticationRequest::read, int4(3))).isEqualTo(new AuthenticationRequest.CleartextPassword());
        assertThat(read(AuthenticationRequest::read, int4(5), 1, 2, 3, 4))
                .isInstanceOfSatisfying(
                        AuthenticationRequest.Md5Password.class,
                        md5 -> assertThat(md5.salt()).containsExactly(1, 2, 3, 4));
        assertThat(read(AuthenticationRequest::read, int4(10), "SCRAM-SHA-256-PLUS", 0, "SCRAM-SHA-256", 0, 0))
                .isInstanceOfSatisfying(
                        AuthenticationRequest.Sasl.class,
                        sasl -> assertThat(sasl.mechanisms()).containsExactly("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"));
        assertThat(read(AuthenticationRequest::read, int4(11), "r=x"))
                .isEqualTo(new AuthenticationRequest.SaslContinue("r=x"));
        assertThat(read(AuthenticationRequest::read, int4(12), "v=x"))
                .isEqualTo(new AuthenticationRequest.SaslFinal("v=x"));
        for (int code : new int[] {-1, 1, 2, 6, 7, 8, 9, 13, Integer.MAX_VALUE}) {
            assertThat(read(AuthenticationRequest::read, int4(code)))
                    .isEqualTo(new AuthenticationRequest.Unsupported(code));
        }
    }

    @Test
    void givenAMalformedAuthenticationRequestWhenReadThenItIsAViolation() {
        assertViolation(AuthenticationRequest::read);
        assertViolation(AuthenticationRequest::read, 0, 0, 0);
        assertViolation(AuthenticationRequest::read, int4(5));
        assertViolation(AuthenticationRequest::read, int4(5), 1, 2, 3);
        assertViolation(AuthenticationRequest::read, int4(5), 1, 2, 3, 4, 5);
        assertViolation(AuthenticationRequest::read, int4(10), "SCRAM-SHA-256");
    }

    @Test
    void givenAParameterStatusWhenReadThenNameAndValueAreThere() throws ProtocolViolation {
        assertThat(read(LoginMessagesTest::parameterStatus, "TimeZone", 0, "Europe/Bërlin", 0))
                .isEqualTo(new ParameterStatus("TimeZone", "Europe/Bërlin"));
        assertThat(read(LoginMessagesTest::parameterStatus, "application_name", 0, 0))
                .isEqualTo(new ParameterStatus("application_name", ""));
    }

    @Test
    void givenAMalformedParameterStatusWhenReadThenItIsAViolation() {
        assertViolation(LoginMessagesTest::parameterStatus);
        assertViolation(LoginMessagesTest::parameterStatus, "TimeZone");
        assertViolation(LoginMessagesTest::parameterStatus, "TimeZone", 0);
        assertViolation(LoginMessagesTest::parameterStatus, "TimeZone", 0, "UTC");
    }

    @Test
    void givenAParameterStatusInTheMiddleOfABufferWhenReadThenItsEndIsRespected() {
        // given
        ByteBuf in = buffers.of(bytes("TimeZone", 0, "UTC", "next", 0));
        // then
        assertThatExceptionOfType(ProtocolViolation.class).isThrownBy(() -> ParameterStatus.read(in, 0, 12));
        in.release();
    }

    @Test
    void givenAPasswordWhenReadThenItIsTheTextUpToTheZero() throws ProtocolViolation {
        assertThat(read(PasswordMessage::readPassword, "pässword", 0)).isEqualTo("pässword");
        assertThat(read(PasswordMessage::readPassword, 0)).isEmpty();
        assertViolation(PasswordMessage::readPassword);
        assertViolation(PasswordMessage::readPassword, "secret");
        assertViolation(PasswordMessage::readPassword, "secret", 0, 0);
        assertViolation(PasswordMessage::readPassword, "secret", 0, "more");
    }

    @Test
    void givenAFirstSaslMessageWhenReadThenMechanismAndDataAreThere() throws ProtocolViolation {
        assertThat(read(PasswordMessage::readSaslInitial, "SCRAM-SHA-256", 0, int4(3), "n,,"))
                .isEqualTo(new PasswordMessage.SaslInitial("SCRAM-SHA-256", "n,,"));
        assertThat(read(PasswordMessage::readSaslInitial, "X", 0, int4(0)))
                .isEqualTo(new PasswordMessage.SaslInitial("X", ""));
    }

    @Test
    void givenAMalformedFirstSaslMessageWhenReadThenItIsAViolation() {
        assertViolation(PasswordMessage::readSaslInitial);
        assertViolation(PasswordMessage::readSaslInitial, "SCRAM-SHA-256");
        assertViolation(PasswordMessage::readSaslInitial, "SCRAM-SHA-256", 0);
        assertViolation(PasswordMessage::readSaslInitial, "SCRAM-SHA-256", 0, 0, 0, 0);
        assertViolation(PasswordMessage::readSaslInitial, "SCRAM-SHA-256", 0, int4(4), "n,,");
        assertViolation(PasswordMessage::readSaslInitial, "SCRAM-SHA-256", 0, int4(2), "n,,");
        assertViolation(PasswordMessage::readSaslInitial, "SCRAM-SHA-256", 0, int4(Integer.MIN_VALUE), "n,,");
    }

    @Test
    void givenAFurtherSaslMessageWhenReadThenItIsAllOfTheBody() throws ProtocolViolation {
        assertThat(read(PasswordMessage::readSaslResponse, "c=biws,p=")).isEqualTo("c=biws,p=");
        assertThat(read(PasswordMessage::readSaslResponse)).isEmpty();
    }

    @Test
    void givenGarbageWhenReadThenNothingButAViolationIsThrown() {
        Random random = new Random(42);
        for (int round = 0; round < 4000; round++) {
            byte[] noise = new byte[random.nextInt(24)];
            random.nextBytes(noise);
            for (int i = 0; i < noise.length; i++) {
                noise[i] = random.nextInt(3) == 0 ? (byte) random.nextInt(13) : noise[i];
            }
            for (Reader<?> reader : new Reader<?>[] {
                AuthenticationRequest::read,
                LoginMessagesTest::parameterStatus,
                PasswordMessage::readPassword,
                PasswordMessage::readSaslInitial,
                PasswordMessage::readSaslResponse
            }) {
                try {
                    assertThat(read(reader, noise)).isNotNull();
                } catch (ProtocolViolation expected) {
                    assertThat(expected).hasNoCause();
                }
            }
        }
    }
}
