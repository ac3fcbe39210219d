package org.pgweir.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class CustomSettingsTest {
    private static final long FLOODING = 1;
    private static final long ONE = 2;
    private static final long OTHER = 3;

    private final CustomSettings names = new CustomSettings();

    private void flood() {
        for (int n = 0; n < 1000; n++) {
            names.seen("app.req_" + n, FLOODING);
        }
    }

    @Test
    void givenAClientThatNamesThousandsWhenAskedThenWhatSeveralClientsNameIsThere() {
        names.seen("app.tenant", ONE);
        names.seen("app.tenant", OTHER);
        flood();
        assertThat(names.and(List.of("app.own"))).contains("app.tenant", "app.own", "app.req_999");
        flood();
        names.seen("app.user", ONE);
        assertThat(names.and(List.of())).contains("app.tenant", "app.user").hasSizeLessThan(50);
    }

    @Test
    void givenAFloodOfNamesWhenOneIsUsedAgainAndAgainThenItStays() {
        for (int n = 0; n < 1000; n++) {
            names.seen("app.tenant", ONE);
            names.seen("app.req_" + n, FLOODING);
            names.seen("app.req_" + n, OTHER);
        }
        names.seen("app.tenant", OTHER);
        flood();
        assertThat(names.and(List.of())).contains("app.tenant").hasSizeLessThan(50);
    }

    @Test
    void givenNamesOfSeveralClientsWhenThereAreTooManyThenTheOldestGiveWay() {
        for (int n = 0; n < 1000; n++) {
            names.seen("app.a" + n, ONE);
            names.seen("app.a" + n, OTHER);
            names.seen("app.a0", ONE);
        }
        assertThat(names.and(List.of()))
                .contains("app.a0", "app.a999")
                .doesNotContain("app.a1")
                .hasSizeLessThan(50);
    }
}
