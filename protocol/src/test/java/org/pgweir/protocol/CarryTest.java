package org.pgweir.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgweir.protocol.Buffers.bytes;
import static org.pgweir.protocol.Buffers.drain;

import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class CarryTest {
    @RegisterExtension
    final Buffers buffers = new Buffers();

    private final Carry carry = new Carry();

    @Test
    void givenNothingKeptWhenJoinedThenTheBufferItselfComesBack() {
        // given
        ByteBuf in = buffers.of(bytes("read"));
        // when
        ByteBuf joined = carry.join(in);
        // then
        assertThat(joined).isSameAs(in);
        assertThat(carry.isEmpty()).isTrue();
        joined.release();
    }

    @Test
    void givenKeptBytesWhenJoinedThenTheyComeFirstAndTheOldBufferIsReleased() {
        // given
        ByteBuf first = buffers.of(bytes("forwarded|kept"));
        carry.keep(first, 10);
        assertThat(carry.isEmpty()).isFalse();
        assertThat(first.refCnt()).isEqualTo(1);
        first.release();
        ByteBuf second = buffers.of(bytes("?new")).skipBytes(1);
        // when
        ByteBuf joined = carry.join(second);
        // then
        assertThat(second.refCnt()).isZero();
        assertThat(carry.isEmpty()).isTrue();
        assertThat(drain(joined)).isEqualTo(bytes("keptnew"));
    }

    @Test
    void givenMoreNewBytesThanRoomWhenJoinedThenAllAreThere() {
        // given
        ByteBuf first = buffers.of(bytes("k"));
        carry.keep(first, 0);
        first.release();
        byte[] large = new byte[100_000];
        large[99_999] = 7;
        // when
        ByteBuf joined = carry.join(buffers.of(large));
        // then
        assertThat(drain(joined)).isEqualTo(bytes("k", large));
    }

    @Test
    void givenKeptBytesWhenReleasedThenTheyAreGone() {
        // given
        ByteBuf in = buffers.of(bytes("cut"));
        carry.keep(in, 0);
        in.release();
        // when
        carry.release();
        carry.release();
        // then
        assertThat(carry.isEmpty()).isTrue();
        assertThat(buffers.used()).isZero();
    }
}
