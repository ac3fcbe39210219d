package org.pgweir.proxy.relay;

import static org.pgweir.proxy.relay.Bytes.ERROR;
import static org.pgweir.proxy.relay.Bytes.FAILED;
import static org.pgweir.proxy.relay.Bytes.IDLE;
import static org.pgweir.proxy.relay.Bytes.IN_TRANSACTION;
import static org.pgweir.proxy.relay.Bytes.ROW;
import static org.pgweir.proxy.relay.Bytes.SYNC;
import static org.pgweir.proxy.relay.Bytes.batch;
import static org.pgweir.proxy.relay.Bytes.batchAnswer;
import static org.pgweir.proxy.relay.Bytes.frame;
import static org.pgweir.proxy.relay.Bytes.query;
import static org.pgweir.proxy.relay.Bytes.tag;

import java.util.List;

/** Exchanges between a client and PostgreSQL: turns of what one sends and the other answers. Each ends outside a transaction. */
record Recorded(String name, List<Turn> turns) {
    /** The server begins to answer when it has all that the client sends. */
    record Turn(byte[] client, byte[] server) {}

    private static final byte[] NOTHING = {};
    private static final byte[] NOTICE = frame('N', "SNOTICE\0VNOTICE\0C00000\0Mhear\0\0");
    private static final byte[] COPY_LINE = frame('d', "1\t2\n");
    private static final byte[] COPY_DONE = frame('c');
    private static final byte[] COPY_IN = frame('G', "\0\0\1\0\0");

    static List<Recorded> all() {
        return List.of(
                of("simple query", turn(query("SELECT 1"), Bytes.all(frame('T', "\0\0"), ROW, tag("SELECT 1"), IDLE))),
                of("empty query", turn(query(""), Bytes.all(frame('I'), IDLE))),
                of("error", turn(query("SELEC"), Bytes.all(ERROR, IDLE))),
                of("function call", turn(frame('F', "call"), Bytes.all(frame('V', "result"), IDLE))),
                of("extended", turn(Bytes.all(batch(), SYNC), Bytes.all(batchAnswer(), IDLE))),
                of(
                        "flush without sync",
                        turn(
                                Bytes.all(frame('P', "s\0SELECT 1\0\0\0"), frame('D', "Ss\0"), frame('H')),
                                Bytes.all(frame('1'), frame('t', "\0\0"), frame('T', "\0\0"))),
                        turn(
                                Bytes.all(frame('B', "\0s\0"), frame('E', "\0\0\0\0\0"), frame('C', "Ss\0"), SYNC),
                                Bytes.all(frame('2'), ROW, frame('s'), frame('3'), IDLE))),
                of(
                        "pipeline of three",
                        turn(
                                Bytes.all(batch(), SYNC, batch(), SYNC, batch(), SYNC),
                                Bytes.all(batchAnswer(), IDLE, batchAnswer(), IDLE, batchAnswer(), IDLE))),
                of(
                        "error in a pipeline",
                        turn(
                                Bytes.all(batch(), SYNC, batch(), batch(), SYNC, batch(), SYNC),
                                Bytes.all(batchAnswer(), IDLE, frame('1'), ERROR, IDLE, batchAnswer(), IDLE))),
                of(
                        "simple queries ahead",
                        turn(
                                Bytes.all(query("SELECT 1"), query("SELECT 2")),
                                Bytes.all(ROW, tag("SELECT 1"), IDLE, ERROR, IDLE))),
                of(
                        "transaction",
                        turn(query("BEGIN"), Bytes.all(tag("BEGIN"), IN_TRANSACTION)),
                        turn(Bytes.all(batch(), SYNC), Bytes.all(batchAnswer(), IN_TRANSACTION)),
                        turn(query("SELEC"), Bytes.all(ERROR, FAILED)),
                        turn(query("ROLLBACK"), Bytes.all(tag("ROLLBACK"), IDLE))),
                of(
                        "copy in",
                        turn(query("COPY t FROM STDIN"), COPY_IN),
                        turn(Bytes.all(COPY_LINE, COPY_LINE), NOTHING),
                        turn(Bytes.all(COPY_LINE, COPY_DONE), Bytes.all(tag("COPY 3"), IDLE))),
                of(
                        "copy in that the client gives up",
                        turn(query("COPY t FROM STDIN"), COPY_IN),
                        turn(Bytes.all(COPY_LINE, frame('f', "no\0")), Bytes.all(ERROR, IDLE))),
                of(
                        "copy in, extended, as libpq",
                        turn(Bytes.all(batch(), SYNC), Bytes.all(frame('1'), frame('2'), frame('n'), COPY_IN)),
                        turn(Bytes.all(COPY_LINE, COPY_DONE, SYNC), Bytes.all(tag("COPY 1"), IDLE))),
                of(
                        "copy in ahead",
                        turn(
                                Bytes.all(query("COPY t FROM STDIN"), COPY_LINE, COPY_DONE),
                                Bytes.all(COPY_IN, tag("COPY 1"), IDLE))),
                of(
                        "copy out",
                        turn(
                                query("COPY t TO STDOUT"),
                                Bytes.all(
                                        frame('H', "\0\0\1\0\0"),
                                        COPY_LINE,
                                        COPY_LINE,
                                        COPY_DONE,
                                        tag("COPY 2"),
                                        IDLE))),
                of(
                        "what comes unasked",
                        turn(
                                query("SET TIME ZONE 'UTC'"),
                                Bytes.all(
                                        NOTICE,
                                        frame('S', "TimeZone\0UTC\0"),
                                        frame('S', "search_path\0a\0"),
                                        tag("SET"),
                                        frame('A', "\0\0\0\1channel\0text\0"),
                                        IDLE))),
                of(
                        "messages longer than a buffer",
                        turn(query("x".repeat(3000)), Bytes.all(frame('D', "y".repeat(5000)), tag("SELECT 1"), IDLE))));
    }

    private static Turn turn(byte[] client, byte[] server) {
        return new Turn(client, server);
    }

    private static Recorded of(String name, Turn... turns) {
        return new Recorded(name, List.of(turns));
    }

    @Override
    public String toString() {
        return name;
    }
}
