package org.pgweir.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.config.Configuration;
import org.pgweir.config.Settings;
import org.pgweir.proxy.net.Loop;

class CatalogTest {
    @TempDir
    private Path folder;

    private Configuration with(String... databases) {
        return Configured.with(folder, databases);
    }

    private static List<String> names(List<Database> databases) {
        return databases.stream().map(Database::name).toList();
    }

    @Test
    void givenDatabasesWhenListedThenTheyStandInTheOrderOfTheirNames() {
        Catalog catalog = new Catalog(with("b = host=x", "a = host=x", "* = host=x"));
        assertThat(names(catalog.databases())).containsExactly("a", "b");
        assertThat(catalog.database("a")).containsSame(catalog.databases().get(0));
    }

    @Test
    void givenAFallbackWhenAnUnknownNameIsAskedThenItComesInUnderThatName() {
        // given
        Catalog catalog = new Catalog(with("a = host=x", "* = host=y"));
        // when
        Database other = catalog.database("other").orElseThrow();
        // then
        assertThat(other.name()).isEqualTo("other");
        assertThat(other.remoteName()).isEqualTo("other");
        assertThat(other.hosts().get(0).address().host()).isEqualTo("y");
        assertThat(catalog.database("other")).containsSame(other);
        assertThat(names(catalog.databases())).containsExactly("a", "other");
    }

    @Test
    void givenNoFallbackWhenAnUnknownNameIsAskedThenThereIsNone() {
        assertThat(new Catalog(with("a = host=x")).database("other")).isEmpty();
    }

    @Test
    void givenANameWhenAUserIsAskedTwiceThenItIsTheSameObject() {
        Catalog catalog = new Catalog(with("a = host=x"));
        User bob = catalog.user("bob");
        catalog.user("alice");
        assertThat(catalog.user("bob")).isSameAs(bob);
        assertThat(catalog.users()).extracting(User::name).containsExactly("alice", "bob");
    }

    @Test
    void givenTheSameFileWhenReloadedThenNothingChangesButTheObject() {
        // given
        Catalog catalog = new Catalog(with("a = host=x"));
        Database a = catalog.database("a").orElseThrow();
        List<Host> hosts = a.hosts();
        Configuration fresh = with("a = host=x");
        // when
        List<Database> gone = catalog.reload(fresh);
        // then
        assertThat(gone).isEmpty();
        assertThat(catalog.configuration()).isSameAs(fresh);
        assertThat(catalog.database("a")).containsSame(a);
        assertThat(a.generation()).isZero();
        assertThat(a.hosts()).isSameAs(hosts);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "host=y",
                "host=x port=5433",
                "host=x,y",
                "host=x dbname=other",
                "host=x user=bob",
                "host=x connect_query='select 1'",
                "host=x load_balance_hosts=disable",
                "host=x timezone=UTC"
            })
    void givenAnEntryThatConnectsOtherwiseWhenReloadedThenItsServersAreOfAnOlderGeneration(String changed) {
        // given
        Catalog catalog = new Catalog(with("a = host=x"));
        Database a = catalog.database("a").orElseThrow();
        // when
        catalog.reload(with("a = " + changed));
        // then
        assertThat(catalog.database("a")).containsSame(a);
        assertThat(a.generation()).isEqualTo(1);
        catalog.reload(with("a = " + changed));
        assertThat(a.generation()).isEqualTo(1);
    }

    @Test
    void givenAnotherPoolSizeWhenReloadedThenItCountsAndNoServerMustGo() {
        // given
        Catalog catalog = new Catalog(with("a = host=x pool_size=3"));
        Database a = catalog.database("a").orElseThrow();
        a.hosts().get(0).failed(0, 1);
        // when
        catalog.reload(with("a = host=x pool_size=4"));
        // then
        assertThat(a.get(Settings.DEFAULT_POOL_SIZE)).isEqualTo(4);
        assertThat(a.generation()).isZero();
        assertThat(a.hosts().get(0).isFailing()).isTrue();
    }

    @Test
    void givenANewEntryWhenReloadedThenItIsThere() {
        Catalog catalog = new Catalog(with("a = host=x"));
        assertThat(catalog.reload(with("a = host=x", "b = host=y"))).isEmpty();
        assertThat(names(catalog.databases())).containsExactly("a", "b");
    }

    @Test
    void givenAnEntryThatIsGoneWhenReloadedThenItIsTold() {
        // given
        Catalog catalog = new Catalog(with("a = host=x", "b = host=y"));
        Database b = catalog.database("b").orElseThrow();
        // when
        List<Database> gone = catalog.reload(with("a = host=x"));
        // then
        assertThat(gone).containsExactly(b);
        assertThat(catalog.database("b")).isEmpty();
        catalog.reload(with("a = host=x", "b = host=y"));
        assertThat(catalog.database("b")).isPresent().get().isNotSameAs(b);
    }

    @Test
    void givenAnEntryThatIsGoneWhenTheFallbackCoversItThenItLivesOnFromThere() {
        // given
        Catalog catalog = new Catalog(with("b = host=y"));
        Database b = catalog.database("b").orElseThrow();
        // when
        List<Database> gone = catalog.reload(with("* = host=z"));
        // then
        assertThat(gone).isEmpty();
        assertThat(catalog.database("b")).containsSame(b);
        assertThat(b.generation()).isEqualTo(1);
        assertThat(b.hosts().get(0).address().host()).isEqualTo("z");
    }

    @Test
    void givenTheFallbackIsGoneWhenReloadedThenItsDatabasesAreGoneToo() {
        // given
        Catalog catalog = new Catalog(with("a = host=x", "* = host=z"));
        catalog.database("one");
        catalog.database("two");
        // when
        List<Database> gone = catalog.reload(with("a = host=x"));
        // then
        assertThat(names(gone)).containsExactly("one", "two");
        assertThat(names(catalog.databases())).containsExactly("a");
    }

    @Test
    void givenAFallbackThatMovedWhenReloadedThenItsDatabasesFollow() {
        // given
        Catalog catalog = new Catalog(with("* = host=z"));
        Database one = catalog.database("one").orElseThrow();
        // when
        catalog.reload(with("* = host=elsewhere"));
        // then
        assertThat(one.generation()).isEqualTo(1);
        assertThat(one.hosts().get(0).address().host()).isEqualTo("elsewhere");
    }

    @Test
    void givenADatabaseOfTheFallbackWhenNobodyUsesItForLongThenItIsForgotten() {
        // given
        Catalog catalog = new Catalog(with("a = host=x", "* = host=z"));
        Database one = catalog.enter("one").orElseThrow();
        long now = Loop.nowNanos();
        // when it has a client, or had one just now
        assertThat(catalog.forgetUnused(1000, now + 2000)).isEmpty();
        one.left();
        assertThat(catalog.forgetUnused(1000, one.lastUsedNanos() + 1000)).isEmpty();
        // when it has a server
        one.servers().tryAcquire(0);
        assertThat(catalog.forgetUnused(1000, one.lastUsedNanos() + 5000)).isEmpty();
        one.servers().release();
        assertThat(catalog.forgetUnused(1000, one.lastUsedNanos() + 1000)).isEmpty();
        // then
        assertThat(catalog.forgetUnused(1000, one.lastUsedNanos() + 1001)).containsExactly(one);
        assertThat(names(catalog.databases())).containsExactly("a");
        assertThat(catalog.enter("one")).isPresent().get().isNotSameAs(one);
    }

    @Test
    void givenAConfiguredOrAPausedDatabaseWhenNobodyUsesItThenItStays() {
        Catalog catalog = new Catalog(with("a = host=x", "* = host=z"));
        catalog.database("one").orElseThrow().pause(true);
        assertThat(catalog.forgetUnused(0, Loop.nowNanos() + 1)).isEmpty();
        assertThat(names(catalog.databases())).containsExactly("a", "one");
    }
}
