package org.pgweir.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.server.TrackedParameters;

final class OneOfEqualTest {
    private final OneOfEqual<Object> all = new OneOfEqual<>();

    @Test
    void givenTwoClientsWithEqualSettingsThenTheyHoldTheSameObject() {
        Object first = all.one(TrackedParameters.NONE.with("application_name", "shop"));
        Object second = all.one(TrackedParameters.NONE.with("application_name", new String("shop")));
        Object other = all.one(TrackedParameters.NONE.with("application_name", "till"));

        assertThat(second).isSameAs(first);
        assertThat(other).isNotSameAs(first);
    }

    @Test
    void givenManyThatDifferThenTheFirstIsForgotten() {
        Object first = all.one(List.of("first"));
        for (int i = 0; i < 1_000; i++) {
            all.one(List.of(i));
        }

        assertThat(all.one(List.of("first"))).isEqualTo(first).isNotSameAs(first);
    }
}
