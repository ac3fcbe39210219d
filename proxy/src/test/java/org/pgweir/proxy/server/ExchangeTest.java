package org.pgweir.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The table of transitions. A script is what passes by: letters are types of messages to the server; behind {@code >} stands what the
 * server sends: G for CopyInResponse, E for ErrorResponse, ZI, ZT, ZE for ReadyForQuery, 3 for the CloseComplete of a probe, which is
 * sent by K.
 */
class ExchangeTest {
    private static Exchange after(String script) {
        Exchange exchange = new Exchange();
        for (String step : script.strip().split(" +")) {
            switch (step) {
                case "" -> {}
                case ">G" -> exchange.copyBegan();
                case ">E" -> exchange.failed();
                case ">ZI", ">ZT", ">ZE" -> {
                    if (!exchange.endProbe()) {
                        exchange.ready((byte) step.charAt(2));
                    }
                }
                case "K" -> {
                    assertThat(exchange.needsProbe()).as(script).isTrue();
                    exchange.probeSent();
                }
                case ">3" -> exchange.probeClosed();
                default -> exchange.sent((byte) step.charAt(0));
            }
        }
        return exchange;
    }

    private static String state(Exchange exchange) {
        List<String> words = new ArrayList<>();
        if (exchange.awaited() > 0) {
            words.add("owes " + exchange.awaited());
        }
        if (exchange.inBatch()) {
            words.add("batch");
        }
        if (exchange.inCopyIn()) {
            words.add("copy");
        }
        if (exchange.isDoubtful()) {
            words.add("doubt");
        }
        if (exchange.needsProbe()) {
            words.add("open");
        }
        if (exchange.isProbing()) {
            words.add("probing");
        }
        if (exchange.isFree()) {
            words.add("free");
        } else if (exchange.isQuiet()) {
            words.add("quiet " + (char) exchange.status());
        }
        return String.join(" ", words);
    }

    @Test
    void givenANewServerWhenNothingWasSentThenItIsFree() {
        assertThat(state(new Exchange())).isEqualTo("free");
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    Q                     | owes 1
                    Q >ZI                 | free
                    Q >E                  | owes 1
                    Q >E >ZI              | free
                    Q >ZT                 | quiet T
                    Q >ZT Q               | owes 1
                    Q >ZT Q >E >ZE        | quiet E
                    Q >ZT Q >E >ZE Q >ZI  | free
                    Q Q Q                 | owes 3
                    Q Q Q >ZI >ZI         | owes 1
                    Q Q Q >ZI >ZI >ZI     | free
                    F                     | owes 1
                    F >ZI                 | free
                    F >E >ZI              | free
                    S >ZI                 | free
                    """)
    void givenSimpleQueriesWhenWalkedThenEachIsAnsweredOnce(String script, String expected) {
        assertThat(state(after(script))).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    P                     | batch
                    B                     | batch
                    D                     | batch
                    E                     | batch
                    C                     | batch
                    P B D E               | batch
                    P B D E H             | batch
                    P D H S               | owes 1
                    P D H S >ZI           | free
                    P B D E S             | owes 1
                    P B D E S >ZI         | free
                    P B D E S >ZT         | quiet T
                    P B E S P B E S       | owes 2
                    P B E S P B E S >ZI   | owes 1
                    P B E S P B E S >ZI >ZI | free
                    P B E S S S >ZI >ZI   | owes 1
                    P B E S P B           | owes 1 batch
                    P B E S P B >ZI       | batch
                    P >E                  | batch
                    P >E B E              | batch
                    P >E S                | owes 1
                    P >E S >ZI            | free
                    P B E S >E P B E S >ZI >ZI | free
                    Q P B E S >ZI         | owes 1
                    Q P B E S >ZI >ZI     | free
                    P B E S Q >ZI >ZI     | free
                    """)
    void givenTheExtendedProtocolWhenWalkedThenOnlySyncIsAnswered(String script, String expected) {
        assertThat(state(after(script))).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    Q >G                     | owes 1 copy
                    Q >G d d                 | owes 1 copy
                    Q >G d c                 | owes 1
                    Q >G d c >ZI             | free
                    Q >G d f >E >ZI          | free
                    Q >G d >E                | owes 1
                    Q >G d >E >ZI            | free
                    Q >G d >E >ZI d c        | free
                    Q >G d >E d c >ZI        | free
                    Q >G c >G                | owes 1 copy
                    Q >G c >G c >ZI          | free
                    Q d c                    | owes 1
                    Q d c >G                 | owes 1
                    Q d c >G >ZI             | free
                    Q d c d c >G >G >ZI      | free
                    Q d c >E >ZI             | free
                    Q d c >E >ZI Q >G        | owes 1 copy
                    Q Q d c >ZI >G >ZI       | free
                    Q >ZT c Q >G             | owes 1 copy
                    S E c >ZI >G             | batch
                    S E c >ZI >G S >ZI       | free
                    Q >G H d c >ZI           | free
                    """)
    void givenCopyByASimpleQueryWhenWalkedThenItsEndIsOneReadyForQuery(String script, String expected) {
        assertThat(state(after(script))).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    P B E S                     | owes 1
                    P B E S >G                  | batch copy
                    P B E S >G d c              | batch
                    P B E S >G d c S            | owes 1
                    P B E S >G d c S >ZI        | free
                    P B E H >G d f >E           | batch
                    P B E H >G d f S >E >ZI     | free
                    P B E H >G d >E             | batch
                    P B E H >G d >E S           | owes 1
                    P B E H >G d >E S >ZI       | free
                    P B E H >G d >E d c S >ZI   | free
                    P B E H >G                  | batch copy
                    P B E H >G d c S >ZI        | free
                    P B E d c S >E >ZI          | free
                    P B E d c S >G >ZI          | free
                    """)
    void givenCopyInTheExtendedProtocolWhenWalkedThenTheSyncInItsDataIsNotAnswered(String script, String expected) {
        assertThat(state(after(script))).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "Q >G Q",
        "Q >G F",
        "Q Q >G",
        "P B E S P B E S >G",
        ">ZI",
        "Q >ZI >ZI",
        "P B E >ZI",
        "P B E S >G P >E",
        "P B E S >G >E Q",
        "P B E S >G d c S >E P",
        "P B E S >G d c S Q >E >ZI >ZI",
        "P B E S P B E >G >E",
        "P B E S >G d c S >E >ZI K >E",
        "P B E S d c S >E",
        "Q P B E c >E"
    })
    void givenWhatLeavesTheAnswersOpenWhenWalkedThenTheServerIsInDoubtForGood(String script) {
        // when
        Exchange exchange = after(script);
        // then
        assertThat(exchange.isDoubtful()).isTrue();
        for (int i = 0; i < 5; i++) {
            exchange.ready((byte) 'I');
            assertThat(exchange.isQuiet()).isFalse();
            assertThat(exchange.isFree()).isFalse();
        }
    }

    @Test
    void givenASyncBehindCopyInResponseWhenTheDataEndsThenTheBatchIsStillOpen() {
        // given: the network cut the Sync from the Execute before it, and CopyInResponse came first
        String script = "P B E >G S d c";
        // then
        assertThat(state(after(script))).isEqualTo("batch");
        assertThat(state(after(script + " S"))).isEqualTo("owes 1");
        assertThat(state(after(script + " S >ZI"))).isEqualTo("free");
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    P B E >G S >E                         | batch
                    P B E >G S >E S >ZI                   | open
                    P B E S >G >E                         | batch
                    P B E S >G >E >ZI                     | open
                    P B E S >G >E >ZE                     | open
                    P B E S >G >E >ZI d c                 | open
                    P B E S >G >E >ZI d c S               | owes 1
                    P B E S >G >E >ZI d c S >ZI           | open
                    P B E S >G >E >ZI K >3 >ZI            | free
                    P B E S >G d c S >E                   | owes 1
                    P B E S >G d c S >E >ZI               | open
                    P B E S >G d c S >E >ZI K             | probing
                    P B E S >G d c S >E >ZI K >ZI         | probing
                    P B E S >G d c S >E >ZI K >3          | probing
                    P B E S >G d c S >E >ZI K >3 >ZI      | free
                    P B E S >G d c S >E >ZI K >ZI >3 >ZI  | free
                    P B E S >G d c S >E >ZE K >ZE >3 >ZE  | quiet E
                    P B E S >G S d f S >E >ZI K >ZI >ZI >3 >ZI | free
                    P B E S >G d c S >E >ZI K >3 >ZI Q    | owes 1
                    P B E S >G d c S >E >ZI K >3 >ZI Q >ZI | free
                    Q >G S >E >ZI                         | open
                    Q >G S >E >ZI K >ZI >3 >ZI            | free
                    Q >G S c >ZI                          | free
                    """)
    void givenASyncInCopyWhenTheCopyFailsThenAProbeTellsWhetherItWasAnswered(String script, String expected) {
        assertThat(state(after(script))).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    H               | free
                    P B E S H       | owes 1
                    P B E S H >ZI   | free
                    P B E S H >ZI Q | owes 1
                    """)
    void givenAFlushOutsideABatchWhenWalkedThenNothingIsOwedForIt(String script, String expected) {
        assertThat(state(after(script))).isEqualTo(expected);
    }
}
