package org.pgweir.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.pgweir.protocol.Buffers.bytes;
import static org.pgweir.protocol.Buffers.int4;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StartupPacketTest {
    private static final int SSL = 80877103;
    private static final int GSSENC = 80877104;
    private static final int CANCEL = 80877102;

    @RegisterExtension
    final Buffers buffers = new Buffers();

    private static byte[] packet(int code, Object... content) {
        byte[] body = bytes(content);
        return bytes(int4(body.length + 8), int4(code), body);
    }

    private StartupPacket read(byte[] packet) throws ProtocolViolation {
        ByteBuf in = buffers.of(packet);
        try {
            return StartupPacket.read(in);
        } finally {
            in.release();
        }
    }

    private void assertViolation(byte[] packet) {
        assertThatExceptionOfType(ProtocolViolation.class).isThrownBy(() -> read(packet));
    }

    static Stream<byte[]> packets() {
        return Stream.of(
                packet(3 << 16, "user", 0, "bob", 0, "database", 0, "shop", 0, 0),
                packet(3 << 16 | 2, "user", 0, "bob", 0, "options", 0, "", 0, 0),
                packet(3 << 16 | 9999, 0),
                packet(SSL),
                packet(GSSENC),
                packet(CANCEL, int4(77), int4(99)),
                packet(2 << 16, "anything"),
                packet(4 << 16 | 1));
    }

    @Test
    void givenAVersion3PacketWhenReadThenItsParametersKeepTheirOrder() throws ProtocolViolation {
        // when
        StartupPacket read = read(packet(3 << 16 | 2, "user", 0, "bob", 0, "zone", 0, "", 0, "app", 0, "ä", 0, 0));
        // then
        assertThat(read).isInstanceOf(StartupPacket.Startup.class);
        StartupPacket.Startup startup = (StartupPacket.Startup) read;
        assertThat(startup.version()).isEqualTo(StartupPacket.VERSION_3_2);
        assertThat(startup.parameters()).hasToString("{user=bob, zone=, app=ä}");
    }

    @Test
    void givenEachKindOfRequestWhenReadThenItIsTold() throws ProtocolViolation {
        assertThat(read(packet(SSL))).isEqualTo(new StartupPacket.SslRequest());
        assertThat(read(packet(GSSENC))).isEqualTo(new StartupPacket.GssEncRequest());
        assertThat(read(packet(CANCEL, int4(77), 1, 2, 3, 4)))
                .isEqualTo(new StartupPacket.CancelRequest(new CancelKey(77, new byte[] {1, 2, 3, 4})));
        assertThat(read(packet(2 << 16 | 3, "v2"))).isEqualTo(new StartupPacket.UnsupportedVersion(2, 3));
        assertThat(read(packet(4 << 16 | 5))).isEqualTo(new StartupPacket.UnsupportedVersion(4, 5));
        assertThat(read(packet(-1))).isEqualTo(new StartupPacket.UnsupportedVersion(65535, 65535));
    }

    @ParameterizedTest
    @MethodSource("packets")
    void givenAPacketWhenItsEndIsMissingThenNothingIsReadAndNothingMoves(byte[] packet) throws ProtocolViolation {
        for (int length = 0; length < packet.length; length++) {
            // given
            ByteBuf in = buffers.of(packet, 0, length);
            // when
            StartupPacket read = StartupPacket.read(in);
            // then
            assertThat(read).isNull();
            assertThat(in.readerIndex()).isZero();
            in.release();
        }
    }

    @ParameterizedTest
    @MethodSource("packets")
    void givenBytesAroundAPacketWhenReadThenExactlyThePacketIsTaken(byte[] packet) throws ProtocolViolation {
        // given
        ByteBuf in = buffers.of(bytes("before", packet, "behind")).skipBytes(6);
        // when
        StartupPacket read = StartupPacket.read(in);
        // then
        assertThat(read).isNotNull();
        assertThat(in.readableBytes()).isEqualTo(6);
        in.release();
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 1, 4, 7, 10_001, Integer.MAX_VALUE})
    void givenAnImpossibleLengthWhenOnlyTheLengthIsThereThenItIsAViolation(int length) {
        assertViolation(int4(length));
        assertViolation(bytes(int4(length), int4(3 << 16), "user", 0));
    }

    @Test
    void givenTheLongestLengthWhenReadThenItIsAccepted() throws ProtocolViolation {
        // given
        byte[] value = "x".repeat(10_000 - 8 - 3 - 1).getBytes(StandardCharsets.US_ASCII);
        // when
        StartupPacket read = read(packet(3 << 16, "a", 0, value, 0, 0));
        // then
        assertThat(((StartupPacket.Startup) read).parameters().get("a")).hasSize(9988);
    }

    @Test
    void givenAMissingTerminatorWhenReadThenItIsAViolation() {
        assertViolation(packet(3 << 16));
        assertViolation(packet(3 << 16, "user", 0, "bob", 0));
        assertViolation(packet(3 << 16, "user", 0, "bob"));
        assertViolation(packet(3 << 16, "user", 0));
        assertViolation(packet(3 << 16, "user"));
    }

    @Test
    void givenBytesBehindTheTerminatorWhenReadThenItIsAViolation() {
        assertViolation(packet(3 << 16, "user", 0, "bob", 0, 0, 0));
        assertViolation(packet(3 << 16, 0, "user", 0, "bob", 0, 0));
    }

    @Test
    void givenAStringThatEndsInTheNextPacketWhenReadThenItIsAViolation() {
        assertViolation(bytes(packet(3 << 16, "user", 0, "bo"), "b", 0, 0));
    }

    @Test
    void givenContentInAnEncryptionRequestWhenReadThenItIsAViolation() {
        assertViolation(packet(SSL, "x"));
        assertViolation(packet(GSSENC, int4(0)));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void givenGarbageWhenReadThenNothingButAViolationIsThrown(long seed) {
        Random random = new Random(seed);
        int[] codes = {3 << 16, 3 << 16 | 2, SSL, GSSENC, CANCEL, 2 << 16, random.nextInt()};
        for (int round = 0; round < 4000; round++) {
            // given
            byte[] noise = new byte[random.nextInt(40)];
            random.nextBytes(noise);
            for (int i = 0; i < noise.length; i++) {
                noise[i] = random.nextInt(3) == 0 ? 0 : noise[i];
            }
            byte[] packet = random.nextInt(4) == 0 ? noise : packet(codes[random.nextInt(codes.length)], noise);
            // when
            ByteBuf in = buffers.of(packet);
            try {
                StartupPacket read = StartupPacket.read(in);
                // then
                assertThat(read == null).isEqualTo(in.readerIndex() == 0);
            } catch (ProtocolViolation expected) {
                assertThat(expected).hasNoCause();
            } finally {
                in.release();
            }
        }
    }
}
