package org.pgweir.proxy.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgweir.testkit.Await;

/** Names and their addresses, where the test says what the system answers. */
final class ResolverTest {
    private static final long LONG = TimeUnit.HOURS.toNanos(1);

    private final Map<String, List<String>> zone = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch never = new CountDownLatch(1);
    private Loops loops;
    private Workers workers;
    private Resolver resolver;

    @BeforeEach
    void start() {
        loops = new Loops(Transport.NIO, 1);
        workers = new Workers("test-resolver", 4);
        resolver = new Resolver(Transport.NIO, workers, this::answer);
    }

    @AfterEach
    void stop() {
        never.countDown();
        workers.close();
        loops.close();
    }

    private InetAddress[] answer(String name) throws UnknownHostException {
        asked.incrementAndGet();
        List<String> addresses = zone.get(name);
        if (addresses == null) {
            throw new UnknownHostException(name + ": Name or service not known");
        }
        if (addresses.isEmpty()) {
            throw new UnknownHostException(name + ": Temporary failure in name resolution");
        }
        if (addresses.get(0).equals("silence")) {
            try {
                never.await();
            } catch (InterruptedException e) {
                throw new UnknownHostException("the end of the test");
            }
        }
        return addresses.stream().map(ResolverTest::address).toArray(InetAddress[]::new);
    }

    private static InetAddress address(String number) {
        try {
            return InetAddress.getByName(number);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static SocketAddress at(String number) {
        return new InetSocketAddress(address(number), 5432);
    }

    private List<String> resolve(String host) throws Exception {
        CompletableFuture<List<SocketAddress>> result = new CompletableFuture<>();
        Loop loop = loops.all().get(0);
        loop.post(() -> resolver.resolve(loop, host, 5432, result::complete));
        return result.get(20, TimeUnit.SECONDS).stream()
                .map(each -> ((InetSocketAddress) each).getAddress().getHostAddress())
                .toList();
    }

    @Test
    void givenANameWhenAskedForAgainThenTheSystemIsAskedOnlyWhenItsTimeIsOver() throws Exception {
        zone.put("db", List.of("10.0.0.1"));
        resolver.keep(LONG, 0);
        assertThat(resolve("db")).containsExactly("10.0.0.1");
        assertThat(resolve("db")).containsExactly("10.0.0.1");
        assertThat(asked).hasValue(1);

        resolver.keep(0, 0);
        zone.put("other", List.of("10.0.0.2"));
        resolve("other");
        zone.put("other", List.of("10.0.0.3"));
        assertThat(resolve("other")).containsExactly("10.0.0.3");
        assertThat(asked).hasValue(3);
    }

    @Test
    void givenAMissingNameWhenAskedForAgainThenItIsRememberedForAsLongAsThat() throws Exception {
        resolver.keep(0, LONG);
        assertThat(resolve("gone")).isEmpty();
        zone.put("gone", List.of("10.0.0.1"));
        assertThat(resolve("gone")).isEmpty();
        assertThat(asked).hasValue(1);

        resolver.keep(LONG, 0);
        assertThat(resolve("late")).isEmpty();
        zone.put("late", List.of("10.0.0.1"));
        assertThat(resolve("late")).containsExactly("10.0.0.1");
    }

    @Test
    void givenSeveralAddressesWhenAskedForThenTheyTakeTurns() throws Exception {
        zone.put("db", List.of("10.0.0.1", "10.0.0.2", "10.0.0.3"));
        assertThat(resolve("db")).containsExactly("10.0.0.1", "10.0.0.2", "10.0.0.3");
        assertThat(resolve("db")).containsExactly("10.0.0.2", "10.0.0.3", "10.0.0.1");
        assertThat(resolve("db")).containsExactly("10.0.0.3", "10.0.0.1", "10.0.0.2");
        assertThat(resolve("db")).containsExactly("10.0.0.1", "10.0.0.2", "10.0.0.3");
    }

    @Test
    void givenANumberWhenAskedForThenNobodyIsAsked() throws Exception {
        assertThat(resolve("10.0.0.9")).containsExactly("10.0.0.9");
        assertThat(resolve("::1")).containsExactly("0:0:0:0:0:0:0:1");
        assertThat(asked).hasValue(0);
        assertThat(resolver.knownNames(System.nanoTime())).isEmpty();
    }

    @Test
    void givenAnAnswerThatNeverComesWhenAskedForThenTheAskersGoOnAndTheNextQuestionIsAnswered() throws Exception {
        zone.put("db", List.of("silence"));
        assertThat(resolve("db")).isEmpty();
        // the first question hangs still; another one is asked beside it
        zone.put("db", List.of("10.0.0.1"));
        Await.until("the name", () -> resolve("db").equals(List.of("10.0.0.1")));
        assertThat(never.getCount()).isEqualTo(1);
    }

    @Test
    void givenAKnownNameWhenTheSystemFailsForAMomentThenTheOldAddressesStay() throws Exception {
        resolver.keep(0, 0);
        zone.put("db", List.of("10.0.0.1"));
        assertThat(resolve("db")).containsExactly("10.0.0.1");
        zone.put("db", List.of());
        assertThat(resolve("db")).containsExactly("10.0.0.1");
        zone.remove("db");
        assertThat(resolve("db")).isEmpty();
    }

    @Test
    void givenANameThatMovesWhenWatchedThenTheOldAddressIsCurrentNoMore() throws Exception {
        resolver.keep(0, 0);
        zone.put("db", List.of("10.0.0.1", "10.0.0.2"));
        resolve("db");
        assertThat(resolver.isCurrent("db", at("10.0.0.1"), System.nanoTime())).isTrue();
        zone.put("db", List.of("10.0.0.2"));
        Await.until("the change", () -> !resolver.isCurrent("db", at("10.0.0.1"), System.nanoTime()));
        assertThat(resolver.isCurrent("db", at("10.0.0.2"), System.nanoTime())).isTrue();
        assertThat(resolver.isCurrent("10.0.0.7", at("10.0.0.7"), System.nanoTime()))
                .isTrue();
        // a name that is lost closes nothing
        zone.remove("db");
        int before = asked.get();
        Await.until("another question", () -> {
            assertThat(resolver.isCurrent("db", at("10.0.0.2"), System.nanoTime()))
                    .isTrue();
            return asked.get() > before;
        });
        assertThat(resolver.knownNames(System.nanoTime()).get(0).name()).isEqualTo("db");
    }
}
