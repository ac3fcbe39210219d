package org.pgweir.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.protocol.CancelKey;

final class PeerKeyTest {
    private final SecureRandom random = new SecureRandom();

    @ParameterizedTest
    @ValueSource(ints = {1, 255, 256, 4711, 16383})
    void givenAPeerWhenItDrawsAKeyThenItsIdStandsWherePgBouncerLooksForIt(int id) {
        for (int i = 0; i < 100; i++) {
            CancelKey key = PeerKey.draw(random, 4, id);
            assertThat(key.processId()).isNotNegative();
            assertThat(key.processId() >> 16 & 0xff).isEqualTo(id & 0xff);
            assertThat(key.processId() >> 8 & 0xff).isEqualTo(id >> 8);
            assertThat(key.secret()[3] & 3).isEqualTo(3);
            assertThat(PeerKey.peerOf(key)).isEqualTo(id);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 32})
    void givenAKeyWhenPassedOnThenItStaysTheSameForThreeTimesAndThenEnds(int length) {
        CancelKey own = PeerKey.draw(random, length, 7);
        CancelKey key = own;
        for (int i = 0; i < 3; i++) {
            key = PeerKey.passedOn(key);
            assertThat(key).isNotEqualTo(own);
            assertThat(PeerKey.matches(own, key)).isTrue();
            assertThat(PeerKey.name(key)).isEqualTo(PeerKey.name(own));
        }
        assertThat(PeerKey.passedOn(key)).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void givenAKeyWhenAnyOtherBitDiffersThenItIsAnotherKey(int at) {
        CancelKey own = PeerKey.draw(random, 4, 7);
        byte[] secret = own.secret().clone();
        secret[at] ^= 4;
        assertThat(PeerKey.matches(own, new CancelKey(own.processId(), secret))).isFalse();
        assertThat(PeerKey.matches(own, new CancelKey(own.processId() ^ 1, own.secret())))
                .isFalse();
    }
}
