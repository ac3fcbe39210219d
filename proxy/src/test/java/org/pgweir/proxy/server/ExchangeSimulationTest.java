package org.pgweir.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.server.PostgresModel.Message;
import org.pgweir.proxy.server.PostgresModel.Statement;

/**
 * Whatever clients send and however it crosses with PostgreSQL's answers: a server is never called free while PostgreSQL still owes
 * something for it.
 */
class ExchangeSimulationTest {
    private static final int STEPS = 200;

    /** A client, the exchange that watches, and PostgreSQL, with a queue in each direction. */
    private static final class World {
        final Random random;
        final PostgresModel postgres;
        final Exchange exchange = new Exchange();
        final Deque<Message> toServer = new ArrayDeque<>();
        final Deque<Message> held = new ArrayDeque<>();
        final StringBuilder history = new StringBuilder();

        World(Random random) {
            this.random = random;
            postgres = new PostgresModel(random);
        }

        void send(Message message) {
            if (exchange.isFree() && "dcfH".indexOf(message.type()) >= 0) {
                // The server is released by then, and the relay drops what means nothing without one.
                return;
            }
            if (exchange.isProbing()) {
                held.add(message);
                return;
            }
            toServer.add(message);
            exchange.sent((byte) message.type());
            note("sent " + message.type() + message.statements());
        }

        void serverReads() {
            Message message = toServer.poll();
            if (message != null && !postgres.isDead()) {
                if (message.type() == PostgresModel.PROBE && postgres.isCopying()) {
                    throw new AssertionError("a probe meets a COPY:\n" + history);
                }
                postgres.read(message);
                note("read " + message.type());
            }
        }

        void deliver() {
            String answer = postgres.answers().poll();
            if (answer != null) {
                switch (answer.charAt(0)) {
                    case 'G' -> exchange.copyBegan();
                    case 'E' -> failed();
                    case '3' -> exchange.probeClosed();
                    default -> ready(answer.charAt(1));
                }
                note("came " + answer);
            }
        }

        void failed() {
            if (exchange.isProbing()) {
                throw new AssertionError("an error meets a probe:\n" + history);
            }
            exchange.failed();
        }

        void ready(char status) {
            if (!exchange.endProbe()) {
                exchange.ready((byte) status);
            }
            if (!exchange.isProbing()) {
                List<Message> next = List.copyOf(held);
                held.clear();
                next.forEach(this::send);
            }
        }

        void probeIfNeeded() {
            if (exchange.needsProbe()) {
                note("probe");
                toServer.add(Message.of(PostgresModel.PROBE));
                toServer.add(Message.of('S'));
                exchange.probeSent();
            }
        }

        void drain() {
            while (!toServer.isEmpty() || !postgres.answers().isEmpty()) {
                if (random.nextBoolean()) {
                    serverReads();
                } else {
                    deliver();
                }
                probeIfNeeded();
                check();
            }
        }

        void note(String what) {
            history.append(what).append('\n');
        }

        boolean nothingOwed() {
            return postgres.isAtRest()
                    && postgres.answers().isEmpty()
                    && toServer.stream().allMatch(message -> "dcfH".indexOf(message.type()) >= 0);
        }

        void check() {
            if (exchange.isFree() && !postgres.isDead() && !nothingOwed()) {
                throw new AssertionError("called free too early:\n" + history);
            }
        }
    }

    private static Message anyMessage(Random random) {
        char type = "QQPBBEEEESSSHCDFddccf".charAt(random.nextInt(21));
        return switch (type) {
            case 'Q' ->
                random.nextBoolean()
                        ? Message.of(type, anyStatement(random))
                        : Message.of(type, anyStatement(random), anyStatement(random));
            case 'E' -> Message.of(type, anyStatement(random));
            case 'P', 'B' -> random.nextInt(8) == 0 ? Message.of(type, Statement.BAD) : Message.of(type);
            default -> Message.of(type);
        };
    }

    private static Statement anyStatement(Random random) {
        Statement[] all = Statement.values();
        return all[random.nextInt(all.length)];
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void givenAClientThatSendsAnythingWhenAnswersCrossThenNothingIsFreedTooEarly(long seed) {
        Random seeds = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            // given
            World world = new World(new Random(seeds.nextLong()));
            int eagerness = 1 + world.random.nextInt(3);
            for (int step = 0; step < STEPS && !world.postgres.isDead(); step++) {
                // when
                anyStep(world, eagerness);
                if (world.random.nextInt(4) > 0) {
                    world.probeIfNeeded();
                }
                // then
                world.check();
                if (world.exchange.isDoubtful()) {
                    break;
                }
            }
        }
    }

    private static void anyStep(World world, int eagerness) {
        int choice = world.random.nextInt(8);
        if (choice < eagerness) {
            boolean inCopy = world.exchange.inCopyIn() && world.random.nextInt(10) > 0;
            world.send(inCopy ? copyMessage(world.random) : anyMessage(world.random));
        } else if (choice == 7 && world.postgres.isCopying() && world.random.nextInt(3) == 0) {
            world.postgres.mayFailCopy();
            world.note("COPY fails");
        } else if (choice % 2 == 0) {
            world.serverReads();
        } else {
            world.deliver();
        }
    }

    private static Message copyMessage(Random random) {
        return Message.of("dddccfSSH".charAt(random.nextInt(9)));
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24})
    void givenAClientThatKeepsTheRulesWhenAllIsAnsweredThenTheServerIsFreeAgain(long seed) {
        Random seeds = new Random(seed);
        for (int round = 0; round < 1000; round++) {
            // given
            World world = new World(new Random(seeds.nextLong()));
            for (int transaction = 0; transaction < 6; transaction++) {
                // when
                for (int requests = world.random.nextInt(3); requests >= 0; requests--) {
                    politeRequest(world);
                    world.drain();
                }
                if (!world.postgres.isAtRest()) {
                    world.send(Message.of('Q', Statement.END));
                    world.drain();
                }
                // then
                assertThat(world.exchange.isFree())
                        .as("after\n%s", world.history)
                        .isTrue();
            }
        }
    }

    private static void politeRequest(World world) {
        Random random = world.random;
        switch (random.nextInt(6)) {
            case 0 -> world.send(Message.of('Q', noCopy(random), noCopy(random)));
            case 1 -> world.send(Message.of('F', random.nextBoolean() ? Statement.BAD : Statement.SELECT));
            case 2 -> {
                // A pipeline.
                for (int depth = random.nextInt(5); depth >= 0; depth--) {
                    batch(world, noCopy(random));
                    if (random.nextBoolean()) {
                        world.send(Message.of('H'));
                    }
                }
            }
            case 3 -> {
                world.send(Message.of('Q', Statement.COPY, Statement.SELECT));
                copyData(world, false);
            }
            case 4 -> {
                world.send(Message.of('B'));
                world.send(Message.of('E', Statement.COPY));
                world.send(Message.of(random.nextBoolean() ? 'S' : 'H'));
                if (random.nextInt(4) == 0) {
                    world.serverReads();
                    world.serverReads();
                    // A trigger, before any data was read.
                    world.postgres.mayFailCopy();
                }
                copyData(world, true);
            }
            default -> {
                // Data ahead of CopyInResponse.
                world.send(Message.of('Q', Statement.COPY));
                world.send(Message.of('d'));
                world.send(Message.of('c'));
            }
        }
    }

    /** Waits for CopyInResponse as libpq does, sends data, ends it; the server may fail on the data at any time. */
    private static void copyData(World world, boolean extended) {
        while (!world.exchange.inCopyIn()
                && !(world.toServer.isEmpty() && world.postgres.answers().isEmpty())) {
            world.serverReads();
            world.deliver();
            world.check();
        }
        while (!world.toServer.isEmpty()) {
            world.serverReads();
        }
        for (int line = world.random.nextInt(4); line >= 0; line--) {
            world.send(Message.of('d'));
            if (world.random.nextInt(5) == 0) {
                world.postgres.mayFailCopy();
            }
            if (world.random.nextBoolean()) {
                world.serverReads();
                world.deliver();
            }
            world.check();
        }
        boolean givesUp = world.random.nextInt(4) == 0;
        world.send(Message.of(givesUp ? 'f' : 'c'));
        world.check();
        if (extended) {
            world.send(Message.of('S'));
        }
    }

    private static void batch(World world, Statement statement) {
        world.send(Message.of('P'));
        world.send(Message.of('B'));
        world.send(Message.of('D'));
        world.send(Message.of('E', statement));
        world.send(Message.of('S'));
    }

    private static Statement noCopy(Random random) {
        Statement statement = anyStatement(random);
        return statement == Statement.COPY ? Statement.SELECT : statement;
    }
}
