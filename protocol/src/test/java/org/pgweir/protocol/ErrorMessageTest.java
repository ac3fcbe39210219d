package org.pgweir.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.pgweir.protocol.Buffers.bytes;
import static org.pgweir.protocol.Buffers.drain;
import static org.pgweir.protocol.Buffers.frame;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ErrorMessageTest {
    @RegisterExtension
    final Buffers buffers = new Buffers();

    private ErrorMessage read(byte[] body) throws ProtocolViolation {
        ByteBuf in = buffers.of(bytes("before", body, "behind", 0));
        try {
            return ErrorMessage.read(in, 6, 6 + body.length);
        } finally {
            in.release();
        }
    }

    private void assertViolation(Object... body) {
        assertThatExceptionOfType(ProtocolViolation.class).isThrownBy(() -> read(bytes(body)));
    }

    @Test
    void givenAnErrorWithAllFieldsWhenWrittenThenTheBytesAreThoseOfTheDocumentation() {
        // given
        ByteBuf out = buffers.empty();
        // when
        BackendMessages.errorResponse(
                out, ErrorMessage.fatal("57P01", "bye").withDetail("d").withHint("ü"));
        // then
        assertThat(drain(out))
                .isEqualTo(
                        frame('E', "SFATAL", 0, "VFATAL", 0, "C57P01", 0, "Mbye", 0, "Dd", 0, "H", 0xc3, 0xbc, 0, 0));
    }

    @Test
    void givenANoticeWithoutDetailWhenWrittenThenAbsentFieldsAreLeftOut() {
        // given
        ByteBuf out = buffers.empty();
        // when
        BackendMessages.noticeResponse(out, ErrorMessage.error("00000", "hi").withSeverity(ErrorMessage.NOTICE));
        // then
        assertThat(drain(out)).isEqualTo(frame('N', "SNOTICE", 0, "VNOTICE", 0, "C00000", 0, "Mhi", 0, 0));
    }

    @Test
    void givenAnErrorWhenWrittenAndReadThenItIsTheSame() throws ProtocolViolation {
        // given
        ErrorMessage error = new ErrorMessage("ERROR", "42P01", "no such täble", "the detail", "the hint");
        ByteBuf out = buffers.empty();
        BackendMessages.errorResponse(out, error);
        // when
        ErrorMessage read = ErrorMessage.read(out, 5, out.writerIndex());
        // then
        assertThat(read).isEqualTo(error);
        assertThat(out.readerIndex()).isZero();
        out.release();
    }

    @Test
    void givenATranslatedSeverityWhenReadThenTheUntranslatedOneCountsInEitherOrder() throws ProtocolViolation {
        assertThat(read(bytes("SFEHLER", 0, "VERROR", 0, "C42601", 0, "Mx", 0, 0))
                        .severity())
                .isEqualTo("ERROR");
        assertThat(read(bytes("VERROR", 0, "SFEHLER", 0, "C42601", 0, "Mx", 0, 0))
                        .severity())
                .isEqualTo("ERROR");
        assertThat(read(bytes("SFATAL", 0, "C42601", 0, "Mx", 0, 0)).isFatal()).isTrue();
    }

    @Test
    void givenUnknownFieldsWhenReadThenTheyAreSkipped() throws ProtocolViolation {
        ErrorMessage read =
                read(bytes("VERROR", 0, "Fparse.c", 0, "L10", 0, "?new", 0, "C42601", 0, "Msyntax", 0, "P1", 0, 0));
        assertThat(read).isEqualTo(ErrorMessage.error("42601", "syntax"));
    }

    @Test
    void givenEachSeverityWhenAskedThenOnlyTwoEndTheConnection() {
        ErrorMessage error = ErrorMessage.error("XX000", "x");
        assertThat(error.isFatal()).isFalse();
        assertThat(error.withSeverity("WARNING").isFatal()).isFalse();
        assertThat(error.withSeverity("FATAL").isFatal()).isTrue();
        assertThat(error.withSeverity("PANIC").isFatal()).isTrue();
    }

    @Test
    void givenABodyThatLacksAFieldWhenReadThenItIsAViolation() {
        assertViolation();
        assertViolation(0);
        assertViolation("C42601", 0, "Mx", 0, 0);
        assertViolation("VERROR", 0, "Mx", 0, 0);
        assertViolation("VERROR", 0, "C42601", 0, 0);
    }

    @Test
    void givenAStringWithoutEndWhenReadThenItDoesNotReachIntoTheNextMessage() {
        assertViolation("VERROR", 0, "C42601", 0, "Mx");
        assertViolation("V");
    }

    @Test
    void givenEveryPrefixOfABodyWhenReadThenItIsAMessageOrAViolation() {
        byte[] body = bytes("VERROR", 0, "C42601", 0, "Mx", 0, "Dy", 0, 0);
        for (int length = 0; length < body.length; length++) {
            byte[] prefix = Arrays.copyOf(body, length);
            try {
                assertThat(read(prefix).message()).isEqualTo("x");
            } catch (ProtocolViolation expected) {
                assertThat(expected.getStackTrace()).isEmpty();
            }
        }
    }
}
