package org.pgweir.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pgweir.config.HostAddress;

class HostBurstTest {
    @Test
    void givenManyAttemptsAtOnceWhenAllFailThenTheyCountAsOneFailure() {
        Host host = new Host(new HostAddress("127.0.0.1", 1));
        long longest = TimeUnit.SECONDS.toNanos(15);

        for (int i = 0; i < 20; i++) {
            host.failed(1_000 + i, longest);
        }

        assertThat(host.mayConnect(TimeUnit.MILLISECONDS.toNanos(101))).isTrue();
    }
}
