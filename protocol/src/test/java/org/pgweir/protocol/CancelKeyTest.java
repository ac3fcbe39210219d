package org.pgweir.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.pgweir.protocol.Buffers.bytes;
import static org.pgweir.protocol.Buffers.int4;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CancelKeyTest {
    @RegisterExtension
    final Buffers buffers = new Buffers();

    private static byte[] secret(int length) {
        byte[] secret = new byte[length];
        Arrays.fill(secret, (byte) 'q');
        return secret;
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 32, 256})
    void givenASecretOfAllowedLengthWhenReadThenItIsWhole(int length) throws ProtocolViolation {
        // given
        ByteBuf in = buffers.of(bytes(int4(-5), secret(length), "behind"));
        // when
        CancelKey key = CancelKey.read(in, 4 + length);
        // then
        assertThat(key.processId()).isEqualTo(-5);
        assertThat(key.secret()).isEqualTo(secret(length));
        assertThat(in.readableBytes()).isEqualTo(6);
        in.release();
    }

    @ParameterizedTest
    @ValueSource(ints = {-4, -1, 0, 3, 257})
    void givenASecretOfAnotherLengthWhenReadThenItIsAViolation(int length) {
        // given
        ByteBuf in = buffers.of(bytes(int4(1), secret(300)));
        // then
        assertThatExceptionOfType(ProtocolViolation.class).isThrownBy(() -> CancelKey.read(in, 4 + length));
        in.release();
    }

    @Test
    void givenTwoKeysWhenComparedThenProcessAndEveryByteCount() {
        CancelKey key = new CancelKey(7, new byte[] {1, 2, 3, 4});
        assertThat(key)
                .isEqualTo(new CancelKey(7, new byte[] {1, 2, 3, 4}))
                .hasSameHashCodeAs(new CancelKey(7, new byte[] {1, 2, 3, 4}))
                .isNotEqualTo(new CancelKey(8, new byte[] {1, 2, 3, 4}))
                .isNotEqualTo(new CancelKey(7, new byte[] {1, 2, 3, 5}))
                .isNotEqualTo(new CancelKey(7, new byte[] {1, 2, 3, 4, 0}))
                .isNotEqualTo(null);
    }

    @Test
    void givenAKeyWhenPrintedThenTheSecretIsHidden() {
        assertThat(new CancelKey(7, "swordfish".getBytes(StandardCharsets.US_ASCII)))
                .hasToString("CancelKey[processId=7]");
    }
}
