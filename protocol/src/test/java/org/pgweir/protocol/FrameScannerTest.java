package org.pgweir.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgweir.protocol.Buffers.bytes;
import static org.pgweir.protocol.Buffers.frame;
import static org.pgweir.protocol.Buffers.int4;

import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameScannerTest {
    private static final FrameTypes WATCHED = FrameTypes.of(Backend.READY_FOR_QUERY, Backend.ERROR_RESPONSE);

    @RegisterExtension
    final Buffers buffers = new Buffers();

    private final FrameScanner scanner = new FrameScanner(Backend.ALL, WATCHED);

    @Test
    void givenUnwatchedFramesWhenScannedThenAllPassAtOnce() {
        // given
        ByteBuf in = buffers.of(bytes(frame('T', "columns"), frame('D', "row"), frame('C', "SELECT 1", 0)));
        // when
        scanner.begin(in);
        int result = scanner.next();
        // then
        assertThat(result).isEqualTo(FrameScanner.END);
        assertThat(scanner.position()).isEqualTo(in.writerIndex());
        assertThat(scanner.atBoundary()).isTrue();
        in.release();
    }

    @Test
    void givenAWatchedFrameWhenScannedThenItsPlaceIsTold() {
        // given
        ByteBuf in = buffers.of(bytes(frame('C', "SELECT 1", 0), frame('Z', 'I'), frame('N', "more")));
        // when
        scanner.begin(in);
        int result = scanner.next();
        // then
        assertThat(result).isEqualTo(FrameScanner.FRAME);
        assertThat(scanner.type()).isEqualTo(Backend.READY_FOR_QUERY);
        assertThat(scanner.frameStart()).isEqualTo(14);
        assertThat(scanner.bodyStart()).isEqualTo(19);
        assertThat(scanner.frameEnd()).isEqualTo(20);
        assertThat(scanner.bodyLength()).isEqualTo(1);
        assertThat(scanner.isWhole()).isTrue();
        scanner.take();
        assertThat(scanner.next()).isEqualTo(FrameScanner.END);
        in.release();
    }

    @Test
    void givenAReaderIndexBehindTheStartWhenScannedThenTheScanBeginsThere() {
        // given
        ByteBuf in = buffers.of(bytes("rest", frame('Z', 'T'))).skipBytes(4);
        // when
        scanner.begin(in);
        // then
        assertThat(scanner.next()).isEqualTo(FrameScanner.FRAME);
        assertThat(scanner.frameStart()).isEqualTo(4);
        in.release();
    }

    @Test
    void givenNoBytesWhenScannedThenNothingIsThere() {
        ByteBuf in = buffers.empty();
        scanner.begin(in);
        assertThat(scanner.next()).isEqualTo(FrameScanner.END);
        assertThat(scanner.atBoundary()).isTrue();
        in.release();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void givenACutHeaderWhenScannedThenItIsNotPassed(int length) {
        // given
        ByteBuf in = buffers.of(bytes(frame('D', "row"), frame('D', "row")), 0, 8 + length);
        // when
        scanner.begin(in);
        // then
        assertThat(scanner.next()).isEqualTo(FrameScanner.CUT_HEADER);
        assertThat(scanner.position()).isEqualTo(8);
        assertThat(scanner.atBoundary()).isTrue();
        in.release();
    }

    @Test
    void givenAWatchedFrameWithoutItsEndWhenTakenThenTheRestIsCounted() {
        // given
        byte[] error = frame('E', "a long error message");
        ByteBuf first = buffers.of(error, 0, 10);
        ByteBuf second = buffers.of(bytes(error, frame('Z', 'I')), 10, error.length + 6);
        // when
        scanner.begin(first);
        assertThat(scanner.next()).isEqualTo(FrameScanner.FRAME);
        assertThat(scanner.isWhole()).isFalse();
        scanner.take();
        // then
        assertThat(scanner.position()).isEqualTo(10);
        assertThat(scanner.atBoundary()).isFalse();
        assertThat(scanner.next()).isEqualTo(FrameScanner.END);
        scanner.begin(second);
        assertThat(scanner.atBoundary()).isTrue();
        assertThat(scanner.position()).isEqualTo(error.length - 10);
        assertThat(scanner.next()).isEqualTo(FrameScanner.FRAME);
        assertThat(scanner.type()).isEqualTo(Backend.READY_FOR_QUERY);
        first.release();
        second.release();
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 1, 2, 3, FrameScanner.MAX_LENGTH + 1, Integer.MAX_VALUE})
    void givenAnImpossibleLengthWhenScannedThenTheFrameIsMalformed(int length) {
        for (char type : new char[] {'D', 'Z'}) {
            // given
            ByteBuf in = buffers.of(bytes(frame('C', "tag", 0), type, int4(length), "body"));
            FrameScanner fresh = new FrameScanner(Backend.ALL, WATCHED);
            // when
            fresh.begin(in);
            // then
            assertThat(fresh.next()).isEqualTo(FrameScanner.MALFORMED);
            assertThat(fresh.position()).isEqualTo(9);
            in.release();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, FrameScanner.MAX_LENGTH})
    void givenThePossibleLengthsWhenScannedThenTheFrameIsAccepted(int length) {
        // given
        ByteBuf in = buffers.of(bytes('D', int4(length)));
        // when
        scanner.begin(in);
        // then
        assertThat(scanner.next()).isEqualTo(FrameScanner.END);
        assertThat(scanner.atBoundary()).isEqualTo(length == 4);
        in.release();
    }

    @Test
    void givenAnyUnknownTypeWhenScannedThenItIsMalformedAtItsFirstByte() {
        for (int type = 0; type < 256; type++) {
            for (int length = 1; length <= 5; length++) {
                // given
                ByteBuf in = buffers.of(bytes(type, int4(4)), 0, length);
                // when
                scanner.begin(in);
                int result = scanner.next();
                // then
                boolean known = Backend.ALL.contains((byte) type);
                assertThat(result == FrameScanner.MALFORMED)
                        .as("type %d, %d bytes", type, length)
                        .isEqualTo(!known);
                in.release();
            }
        }
    }

    @Test
    void givenAFrameOfHalfAGigabyteWhenFedInPiecesThenNothingAccumulates() {
        // given
        int length = 512 * 1024 * 1024;
        byte[] piece = new byte[1024 * 1024];
        ByteBuf header = buffers.of(bytes('D', int4(length + 4)));
        scanner.begin(header);
        assertThat(scanner.next()).isEqualTo(FrameScanner.END);
        header.release();
        ByteBuf in = buffers.of(piece);
        long used = buffers.used();
        // when
        for (int fed = 0; fed < length; fed += piece.length) {
            assertThat(scanner.atBoundary()).isFalse();
            scanner.begin(in);
            assertThat(scanner.next()).isEqualTo(FrameScanner.END);
            assertThat(scanner.position()).isEqualTo(piece.length);
        }
        // then
        assertThat(scanner.atBoundary()).isTrue();
        assertThat(buffers.used()).isEqualTo(used);
        in.release();
        ByteBuf next = buffers.of(frame('Z', 'I'));
        scanner.begin(next);
        assertThat(scanner.next()).isEqualTo(FrameScanner.FRAME);
        next.release();
    }
}
