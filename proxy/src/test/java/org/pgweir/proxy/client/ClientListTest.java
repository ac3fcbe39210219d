package org.pgweir.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ClientListTest {
    private final ClientList list = new ClientList();

    @Test
    void givenClientsWhenSomeLeaveThenTheOthersStandInTheOrderInWhichTheyCame() {
        Random random = new Random(7);
        List<Client> expected = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            // Many come, most of them leave, some come again.
            boolean comes = random.nextInt(10) < (i / 1_000 == 1 ? 2 : 8);
            if (comes || expected.isEmpty()) {
                Client client = client();
                list.add(client);
                expected.add(client);
            } else {
                Client client = expected.remove(random.nextInt(expected.size()));
                assertThat(list.leave(client)).isTrue();
                assertThat(list.leave(client)).isFalse();
            }
            if (i % 50 == 0) {
                assertThat(list).containsExactlyElementsOf(expected);
            }
        }
        assertThat(list).containsExactlyElementsOf(expected).hasSameSizeAs(expected);
    }

    @Test
    void givenAWalkWhenClientsLeaveMeanwhileThenThoseAreNotMet() {
        List<Client> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            Client client = client();
            all.add(client);
            list.add(client);
        }
        List<Client> met = new ArrayList<>();

        list.forEach(client -> {
            met.add(client);
            // Itself, and the one behind it, who is not met then.
            list.leave(client);
            int next = all.indexOf(client) + 1;
            if (next < all.size()) {
                list.leave(all.get(next));
            }
        });

        assertThat(met).hasSize(all.size() / 2);
        assertThat(list).isEmpty();
    }

    @Test
    void givenAClientThatNeverCameWhenItLeavesThenTheOthersStay() {
        list.add(client());

        assertThat(list.leave(client())).isFalse();
        assertThat(list).hasSize(1);
    }

    private static Client client() {
        return new Client(null, new EmbeddedChannel(), null, 0);
    }
}
