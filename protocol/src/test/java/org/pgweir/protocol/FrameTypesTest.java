package org.pgweir.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FrameTypesTest {
    @Test
    void givenEachSingleTypeWhenAskedForAllBytesThenOnlyItIsContained() {
        for (int type = 0; type < 128; type++) {
            // given
            FrameTypes types = FrameTypes.of((byte) type);
            for (int asked = 0; asked < 256; asked++) {
                // then
                assertThat(types.contains((byte) asked))
                        .as("set of %d, asked %d", type, asked)
                        .isEqualTo(asked == type);
            }
        }
    }

    @Test
    void givenNoTypeWhenAskedThenNothingIsContained() {
        for (int asked = 0; asked < 256; asked++) {
            assertThat(FrameTypes.of().contains((byte) asked)).isFalse();
        }
    }

    @Test
    void givenTheTypesOfTheDocumentationWhenAskedThenExactlyTheyAreKnown() {
        assertExactly(Frontend.SERVING, "QPBDECSHFdcfX");
        assertExactly(Backend.ALL, "RK23CdcGHWDIEVvnNAtS1sZT");
    }

    private static void assertExactly(FrameTypes types, String expected) {
        for (int asked = 0; asked < 256; asked++) {
            assertThat(types.contains((byte) asked))
                    .as("type %d", asked)
                    .isEqualTo(asked < 128 && expected.indexOf(asked) >= 0);
        }
    }
}
