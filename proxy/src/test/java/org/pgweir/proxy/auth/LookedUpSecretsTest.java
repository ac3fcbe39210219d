package org.pgweir.proxy.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pgweir.config.Secret.PlainSecret;
import org.pgweir.proxy.auth.SecretLookUp.Answer;
import org.pgweir.proxy.auth.SecretLookUp.Failed;
import org.pgweir.proxy.auth.SecretLookUp.Found;
import org.pgweir.proxy.auth.SecretLookUp.NotFound;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.net.Transport;
import org.pgweir.proxy.net.Workers.Job;

/** Who asks the server, and who gets an answer that is there already. The server is the test: it answers when it likes. */
class LookedUpSecretsTest {
    private static final SecretSource SOURCE = new SecretSource("shop", "guard", "SELECT 1, 2");
    private static final Answer FOUND = new Found(List.of(new PlainSecret("pencil")));

    private final Loops loops = new Loops(Transport.NIO, 2);
    private final List<String> asked = new ArrayList<>();
    private final ConcurrentLinkedQueue<Consumer<Answer>> open = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> abandoned = new ConcurrentLinkedQueue<>();
    private final LookedUpSecrets secrets = new LookedUpSecrets((loop, source, user, done) -> {
        asked.add(user);
        open.add(done);
        return () -> abandoned.add(user);
    });

    @AfterEach
    void end() {
        loops.close();
    }

    private CompletableFuture<Answer> find(Loop loop, String user) throws Exception {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        ask(loop, user, answer);
        return answer;
    }

    private Job ask(Loop loop, String user, CompletableFuture<Answer> answer) throws Exception {
        return on(loop, () -> secrets.find(loop, SOURCE, user, answer::complete));
    }

    private static <T> T on(Loop loop, Supplier<T> what) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.post(() -> result.complete(what.get()));
        return result.get(10, TimeUnit.SECONDS);
    }

    /** Returns when what it has posted is done, too. */
    private static void abandon(Loop loop, Job job) throws Exception {
        on(loop, () -> {
            job.abandon();
            return null;
        });
        on(loop, () -> null);
    }

    private CompletableFuture<Answer> find(String user) throws Exception {
        return find(loops.all().get(0), user);
    }

    private static Answer of(CompletableFuture<Answer> answer) throws Exception {
        return answer.get(10, TimeUnit.SECONDS);
    }

    @Test
    void givenManyWhoAskForOneUserWhenNobodyHasAskedYetThenOneQuestionServesThemAllOnAllLoops() throws Exception {
        // given
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            answers.add(find(loops.all().get(i % 2), "bob"));
        }
        assertThat(asked).containsExactly("bob");
        assertThat(answers).noneMatch(CompletableFuture::isDone);
        // when
        open.remove().accept(FOUND);
        // then
        for (CompletableFuture<Answer> answer : answers) {
            assertThat(of(answer)).isSameAs(FOUND);
        }
    }

    @Test
    void givenAnAnswerWhenAskedAgainAtOnceThenTheServerIsNotAsked() throws Exception {
        for (Answer first : List.of(FOUND, new NotFound())) {
            // given
            secrets.clear();
            asked.clear();
            CompletableFuture<Answer> answer = find("bob");
            open.remove().accept(first);
            of(answer);
            // then
            assertThat(of(find("bob"))).isSameAs(first);
            assertThat(asked).containsExactly("bob");
            // but another user is another question
            find("eve");
            assertThat(asked).containsExactly("bob", "eve");
            open.remove().accept(FOUND);
        }
    }

    @Test
    void givenAFailureWhenAskedAgainThenTheServerIsAskedAgain() throws Exception {
        CompletableFuture<Answer> first = find("bob");
        open.remove().accept(new Failed(null, "no"));
        of(first);
        CompletableFuture<Answer> second = find("bob");
        assertThat(asked).hasSize(2);
        open.remove().accept(FOUND);
        assertThat(of(second)).isSameAs(FOUND);
    }

    @Test
    void givenAQuestionWhenAllHaveGoneWhoWaitedForItThenItIsAbandonedAndTheNextOneAsksAgain() throws Exception {
        // given
        Loop loop = loops.all().get(0);
        CompletableFuture<Answer> never = new CompletableFuture<>();
        Job first = ask(loop, "bob", never);
        Job second = ask(loop, "bob", never);
        // when
        abandon(loop, first);
        assertThat(abandoned).isEmpty();
        abandon(loop, second);
        // then
        assertThat(abandoned).containsExactly("bob");
        CompletableFuture<Answer> third = find("bob");
        assertThat(asked).containsExactly("bob", "bob");
        // and the answer to the first question, which had been sent, serves nobody of the second
        open.remove().accept(new Failed(null, "nobody waits for it"));
        on(loop, () -> null);
        assertThat(third).isNotDone();
        open.remove().accept(FOUND);
        assertThat(of(third)).isSameAs(FOUND);
        assertThat(never).isNotDone();
    }

    @Test
    void givenOneWhoGoesWhenTheAnswerIsOnItsWayThenItGetsNone() throws Exception {
        Loop loop = loops.all().get(0);
        CompletableFuture<Answer> never = new CompletableFuture<>();
        Job job = ask(loop, "bob", never);
        on(loop, () -> {
            open.remove().accept(FOUND);
            job.abandon();
            return null;
        });
        on(loop, () -> null);
        assertThat(never).isNotDone();
        assertThat(abandoned).isEmpty();
    }

    @Test
    void givenAReloadWhileAServerIsAskedThenItsAnswerIsNotKept() throws Exception {
        CompletableFuture<Answer> first = find("bob");
        secrets.clear();
        open.remove().accept(FOUND);
        of(first);
        find("bob");
        assertThat(asked).hasSize(2);
    }

    @Test
    void givenAnAnswerOfThisMomentWhenALoginFailsThenItIsStillUsed() throws Exception {
        // given
        CompletableFuture<Answer> first = find("bob");
        open.remove().accept(FOUND);
        of(first);
        // when, in less than the tenth of a second for which it is beyond doubt
        secrets.doubt(SOURCE, "eve");
        // then
        assertThat(of(find("bob"))).isSameAs(FOUND);
    }
}
