package org.pgweir.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgweir.protocol.Buffers.bytes;
import static org.pgweir.protocol.Buffers.frame;
import static org.pgweir.protocol.Buffers.int4;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However the network cuts a stream, the same frames are seen and the same bytes are forwarded. */
class CutStreamTest {
    private static final FrameTypes WATCHED =
            FrameTypes.of(Backend.READY_FOR_QUERY, Backend.PARAMETER_STATUS, Backend.ERROR_RESPONSE);

    private static final String KNOWN_TYPES = "RK23CdcGHDIEVvnNAtS1sZT";

    @RegisterExtension
    final Buffers buffers = new Buffers();

    private static Flow flow(boolean gathering) {
        return new Flow(Backend.ALL, WATCHED, gathering);
    }

    private static byte[] shortExchange() {
        return bytes(
                frame('T', 0, 0),
                frame('S', "TimeZone", 0, "UTC", 0),
                frame('D', "row"),
                frame('C', "SELECT 1", 0),
                frame('Z', 'I'),
                frame('1'),
                frame('E', "SERROR", 0, 0),
                frame('Z', 'E'));
    }

    private Flow fed(boolean gathering, byte[] stream, int... cuts) {
        Flow flow = flow(gathering);
        int from = 0;
        for (int cut : cuts) {
            flow.feed(buffers.of(stream, from, cut));
            from = cut;
        }
        flow.feed(buffers.of(stream, from, stream.length));
        flow.end();
        return flow;
    }

    private static void assertSame(Flow cut, Flow uncut, byte[] stream) {
        assertThat(cut.frames()).isEqualTo(uncut.frames());
        assertThat(cut.forwarded()).isEqualTo(stream);
        assertThat(cut.isMalformed()).isFalse();
        assertThat(cut.isAtRest()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void givenAStreamWhenCutAtAnyTwoPlacesThenNothingChanges(boolean gathering) {
        // given
        byte[] stream = shortExchange();
        Flow uncut = fed(gathering, stream);
        assertThat(uncut.frames()).hasSize(4);
        for (int first = 0; first <= stream.length; first++) {
            for (int second = first; second <= stream.length; second++) {
                // when
                Flow cut = fed(gathering, stream, first, second);
                // then
                assertSame(cut, uncut, stream);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void givenAStreamWhenFedByteByByteThenNothingChanges(boolean gathering) {
        // given
        byte[] stream = shortExchange();
        int[] cuts = new int[stream.length];
        Arrays.setAll(cuts, i -> i);
        // when
        Flow cut = fed(gathering, stream, cuts);
        // then
        assertSame(cut, fed(gathering, stream), stream);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void givenALongRandomStreamWhenCutAtRandomThenEveryFrameIsSeenOnce(long seed) {
        Random random = new Random(seed);
        for (boolean gathering : new boolean[] {true, false}) {
            // given
            List<String> watched = new ArrayList<>();
            byte[] stream = randomStream(random, watched);
            Flow uncut = fed(gathering, stream);
            assertThat(uncut.frames().stream().map(frame -> frame.split(":")[0] + ":" + frame.split(":")[1]))
                    .isEqualTo(watched);
            for (int round = 0; round < 8; round++) {
                // when
                Flow cut = fed(gathering, stream, randomCuts(random, stream.length));
                // then
                assertSame(cut, uncut, stream);
            }
        }
    }

    private static byte[] randomStream(Random random, List<String> watched) {
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            char type = KNOWN_TYPES.charAt(random.nextInt(KNOWN_TYPES.length()));
            byte[] body = new byte[random.nextInt(10) == 0 ? random.nextInt(3000) : random.nextInt(12)];
            random.nextBytes(body);
            frames.add(frame(type, body));
            if (WATCHED.contains((byte) type)) {
                watched.add(type + ":" + body.length);
            }
        }
        return bytes(frames.toArray());
    }

    private static int[] randomCuts(Random random, int length) {
        return random.ints(random.nextInt(200), 0, length + 1).sorted().toArray();
    }

    @Test
    void givenNonsenseBehindFramesWhenCutAnywhereThenAllBeforeItIsForwardedAndNothingBehind() {
        // given
        byte[] good = shortExchange();
        byte[] stream = bytes(good, 'D', int4(3), "nonsense");
        for (int cut = 0; cut <= stream.length; cut++) {
            // when
            Flow flow = fed(true, stream, cut);
            // then
            assertThat(flow.isMalformed()).isTrue();
            assertThat(flow.forwarded()).isEqualTo(good);
            assertThat(flow.frames()).hasSize(4);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void givenRandomBytesWhenScannedThenTheScanEndsAndStaysInsideTheBuffer(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            // given
            byte[] noise = new byte[random.nextInt(60)];
            random.nextBytes(noise);
            if (noise.length > 0 && random.nextBoolean()) {
                noise[0] = (byte) KNOWN_TYPES.charAt(random.nextInt(KNOWN_TYPES.length()));
            }
            // when
            Flow flow = fed(random.nextBoolean(), noise, noise.length / 2);
            // then
            assertThat(flow.forwarded().length).isLessThanOrEqualTo(noise.length);
            assertThat(Arrays.copyOf(noise, flow.forwarded().length)).isEqualTo(flow.forwarded());
        }
    }
}
