package org.pgweir.proxy.auth;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.pgweir.proxy.auth.SecretLookUp.Answer;
import org.pgweir.proxy.auth.SecretLookUp.Failed;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Workers.Job;

/**
 * What {@code auth_query} has answered. An answer is good for a second, so that many logins at once cost one query, and a changed
 * password counts at once; after a failed login it is not used again. For one user there is one query at a time. Users who do not exist
 * are remembered in the same way. May be used from any thread.
 */
public final class LookedUpSecrets {
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** A failed login does not make an answer bad that is younger: else somebody who guesses could make us ask without end. */
    private static final long UNDOUBTED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final int CAPACITY = 10_000;
    private static final int MOST_WAITING = 20_000;

    private final SecretLookUp lookUp;
    private final RecentlyUsed<Key, Known> known = new RecentlyUsed<>(CAPACITY);
    private final Map<Key, Question> underWay = new HashMap<>();
    private int waiting;
    private int reloads;

    private record Key(SecretSource source, String user) {}

    private record Known(Answer answer, long atNanos) {}

    /** One who waits. */
    private static final class Asking {
        private final Loop loop;
        private final Consumer<Answer> done;
        /** Touched on the loop only. */
        private boolean gone;

        Asking(Loop loop, Consumer<Answer> done) {
            this.loop = loop;
            this.done = done;
        }

        void answer(Answer answer) {
            if (!gone) {
                done.accept(answer);
            }
        }
    }

    /** What a server is asked, and who waits for the answer. */
    private static final class Question {
        private final Key key;
        private final Loop loop;
        private final int reloadsBefore;
        private final List<Asking> waiting = new ArrayList<>();
        /** Touched on the loop only. */
        private Job job = Job.NONE;

        Question(Key key, Loop loop, int reloadsBefore) {
            this.key = key;
            this.loop = loop;
            this.reloadsBefore = reloadsBefore;
        }
    }

    public LookedUpSecrets(SecretLookUp lookUp) {
        this.lookUp = lookUp;
    }

    /**
     * Finds the secrets of the user. On the loop.
     *
     * @param done gets the answer on the loop, maybe within this call
     * @return what waits for it
     */
    public Job find(Loop loop, SecretSource source, String user, Consumer<Answer> done) {
        Key key = new Key(source, user);
        Asking asking = new Asking(loop, done);
        Answer now = knownOrWait(key, asking);
        if (now != null) {
            done.accept(now);
            return Job.NONE;
        }
        return () -> abandon(key, asking);
    }

    private void abandon(Key key, Asking asking) {
        asking.gone = true;
        Question question;
        synchronized (this) {
            question = underWay.get(key);
            if (question == null || !question.waiting.remove(asking)) {
                return;
            }
            waiting--;
            if (!question.waiting.isEmpty()) {
                return;
            }
        }
        question.loop.post(() -> dropUnwanted(question));
    }

    /** Else strangers with names that they make up could keep those waiting who are real. */
    private void dropUnwanted(Question question) {
        synchronized (this) {
            if (!question.waiting.isEmpty() || !underWay.remove(question.key, question)) {
                return;
            }
        }
        question.job.abandon();
    }

    /** The answer if there is one already; else the asking one waits for it, or goes and asks. */
    private Answer knownOrWait(Key key, Asking asking) {
        Question question;
        synchronized (this) {
            Known fresh = known.get(key);
            if (fresh != null && Loop.nowNanos() - fresh.atNanos < FRESH_NANOS) {
                return fresh.answer;
            }
            if (waiting >= MOST_WAITING || underWay.size() >= MOST_WAITING) {
                return new Failed(null, "too many clients wait for auth_query");
            }
            waiting++;
            Question asked = underWay.get(key);
            if (asked != null) {
                asked.waiting.add(asking);
                return null;
            }
            question = new Question(key, asking.loop, reloads);
            question.waiting.add(asking);
            underWay.put(key, question);
        }
        question.job = lookUp.ask(asking.loop, key.source, key.user, answer -> answered(question, answer));
        return null;
    }

    private void answered(Question question, Answer answer) {
        List<Asking> all;
        synchronized (this) {
            underWay.remove(question.key, question);
            all = List.copyOf(question.waiting);
            question.waiting.clear();
            waiting -= all.size();
            if (!(answer instanceof Failed) && question.reloadsBefore == reloads) {
                known.put(question.key, new Known(answer, Loop.nowNanos()));
            }
        }
        for (Asking asking : all) {
            asking.loop.post(() -> asking.answer(answer));
        }
    }

    /** A login with this answer has failed: maybe the password is another one now. */
    public void doubt(SecretSource source, String user) {
        Key key = new Key(source, user);
        Known last = known.get(key);
        if (last != null && Loop.nowNanos() - last.atNanos > UNDOUBTED_NANOS) {
            known.remove(key);
        }
    }

    /** A server refuses what was answered, however young the answer is. */
    public void forget(SecretSource source, String user) {
        known.remove(new Key(source, user));
    }

    /** Nothing of before a reload is used after it. */
    public synchronized void clear() {
        reloads++;
        known.clear();
    }
}
