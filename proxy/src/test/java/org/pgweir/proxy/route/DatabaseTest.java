package org.pgweir.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(15);

    @TempDir
    private Path folder;

    private Database database(String connectionString) {
        return new Catalog(Configured.with(folder, "shop = " + connectionString))
                .database("shop")
                .orElseThrow();
    }

    private static List<String> picks(Database database, long nowNanos, int count) {
        List<String> picks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Host host = database.pickHost(nowNanos);
            picks.add(host == null ? "none" : host.address().host());
        }
        return picks;
    }

    @Test
    void givenSeveralHostsWhenPickedThenEachHasItsTurn() {
        assertThat(picks(database("host=a,b,c"), 0, 7)).containsExactly("a", "b", "c", "a", "b", "c", "a");
    }

    @Test
    void givenAFailingHostWhenPickedThenTheNextOneTakesItsTurn() {
        // given
        Database database = database("host=a,b,c");
        database.hosts().get(1).failed(0, LONGEST);
        // then
        assertThat(picks(database, 0, 6)).containsExactly("a", "c", "c", "a", "c", "c");
        assertThat(database.isUnreachable()).isFalse();
        assertThat(database.isUnreachableNow(0)).isFalse();
    }

    @Test
    void givenAPauseThatIsOverWhenPickedThenTheFailingHostHasItsTurnAgain() {
        // given
        Database database = database("host=a,b");
        database.hosts().get(0).failed(0, LONGEST);
        // then
        assertThat(picks(database, 0, 2)).containsExactly("b", "b");
        assertThat(picks(database, TimeUnit.SECONDS.toNanos(1), 2)).containsExactly("a", "b");
    }

    @Test
    void givenAllHostsFailingWhenPickedThenThereIsNoneUntilAPauseEnds() {
        // given
        Database database = database("host=a,b");
        database.hosts().forEach(host -> host.failed(0, LONGEST));
        // then
        assertThat(picks(database, 0, 2)).containsExactly("none", "none");
        assertThat(database.isUnreachable()).isTrue();
        assertThat(database.isUnreachableNow(0)).isTrue();
        long later = TimeUnit.SECONDS.toNanos(1);
        assertThat(database.isUnreachableNow(later)).isFalse();
        assertThat(database.isUnreachable()).isTrue();
        assertThat(picks(database, later, 1)).doesNotContain("none");
    }

    @Test
    void givenBalanceSwitchedOffWhenPickedThenTheFirstThatMayBeTriedIsTaken() {
        // given
        Database database = database("host=a,b,c load_balance_hosts=disable");
        // then
        assertThat(picks(database, 0, 3)).containsExactly("a", "a", "a");
        database.hosts().get(0).failed(0, LONGEST);
        assertThat(picks(database, 0, 2)).containsExactly("b", "b");
        database.hosts().get(0).succeeded();
        assertThat(picks(database, 0, 1)).containsExactly("a");
    }

    @Test
    void givenCountlessTurnsWhenPickedThenTheCounterMayOverflow() {
        Database database = database("host=a,b,c");
        assertThat(picks(database, 0, 100_000)).doesNotContain("none");
    }

    @Test
    void givenARemoteNameWhenAskedThenItIsThatOfTheEntryOrTheDatabasesOwn() {
        assertThat(database("host=a dbname=other").remoteName()).isEqualTo("other");
        assertThat(database("host=a").remoteName()).isEqualTo("shop");
    }
}
