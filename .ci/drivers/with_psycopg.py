"""psycopg 3 that prepares each statement at its first use, with and without libpq's pipeline mode. Arguments: host and port."""

import socket

import psycopg
from psycopg import errors, pq
from psycopg.rows import dict_row

import transcript


def work(session, meet):
    number = session.number
    with connect(session) as connection:
        statements(session, connection, meet)
        few_names(session, connection, meet)
        transactions(session, connection, meet)
        settings(session, connection, meet)
        pipelines(session, connection, meet)
        own_pipelines(session, connection.pgconn, meet)
        copies(session, connection, meet)
        cursors(session, connection, meet)
        temporary_tables(session, connection, meet)
        lose_a_connection(session, meet)
        session.see("at the end", connection.execute("SELECT %s::int", [number]).fetchone(), connection.info.error_message)
        connection.execute(f"DROP TABLE psycopg_{number}")


def connect(session, **options):
    return psycopg.connect(dbname="mydb", prepare_threshold=0, autocommit=True, **session.server, **options)


def statements(session, connection, meet):
    number = session.number
    connection.execute(f"DROP TABLE IF EXISTS psycopg_{number}")
    connection.execute(f"CREATE TABLE psycopg_{number} (id int PRIMARY KEY, name text, at timestamptz, tags text[])")
    for turn in range(12):
        meet()
        session.see("sum", connection.execute("SELECT %s::int + %s::int", [number, turn]).fetchone())
        # The same name in every session, another text.
        session.see("own", connection.execute(f"SELECT {number}, %s::text, %b::bytea", [f"it's {turn}", b"\x00\xff"]).fetchone())
        with connection.cursor(binary=True, row_factory=dict_row) as cursor:
            cursor.execute(
                f"INSERT INTO psycopg_{number} VALUES (%s, %s, %s, %s) RETURNING *",
                [turn, None if turn % 3 else "three", "2024-02-29 12:00+00", ["a", f"b{turn}"]],
            )
            session.see("insert", cursor.statusmessage, cursor.fetchall())
        session.error("duplicate", errors.UniqueViolation, connection.execute, f"INSERT INTO psycopg_{number} VALUES (%s)", [turn])
        session.error("syntax", errors.SyntaxError, connection.execute, "SELEKT %s", [turn])
        session.error("division", errors.DivisionByZero, connection.execute, "SELECT 1 / %s::int", [0])
        session.error("not there", errors.UndefinedTable, connection.execute, "SELECT * FROM nowhere WHERE id = %s", [turn])
        # The same text with other types is another statement.
        session.see("types", [connection.execute("SELECT pg_typeof(%s)::text", [v]).fetchone() for v in (1, 2**40, 1.5, b"x", True)])


def few_names(session, connection, meet):
    """Driver and server must agree which statements are there when the driver gives up old ones with DEALLOCATE."""
    with connect(session) as other:
        other.prepared_max = 3
        for turn in range(4):
            meet()
            session.see("few names", [other.execute(f"SELECT {n} * %s::int", [turn]).fetchone()[0] for n in range(7)])


def transactions(session, connection, meet):
    number = session.number
    for turn in range(5):
        meet()
        with connection.transaction():
            connection.execute(f"UPDATE psycopg_{number} SET name = %s WHERE id = %s", [f"turn {turn}", turn])
            try:
                with connection.transaction():
                    connection.execute(f"UPDATE psycopg_{number} SET name = %s", ["lost"])
                    connection.execute(f"INSERT INTO psycopg_{number} VALUES (%s)", [turn])
            except errors.UniqueViolation as error:
                session.see("inner", error.sqlstate)
            connection.execute(f"UPDATE psycopg_{number} SET tags = tags || %s::text WHERE id = %s", ["kept", turn])
        try:
            with connection.transaction():
                connection.execute(f"DELETE FROM psycopg_{number} WHERE id >= %s", [0])
                session.error("in it", errors.DivisionByZero, connection.execute, "SELECT 1 / %s::int", [0])
                connection.execute("SELECT %s::int", [1])
        except errors.InFailedSqlTransaction as error:
            session.see("failed", error.sqlstate, error.diag.message_primary)
        session.see("rows", connection.execute(f"SELECT id, name, tags FROM psycopg_{number} ORDER BY id").fetchall())
    connection.autocommit = False
    for turn in range(3):
        connection.execute(f"UPDATE psycopg_{number} SET name = %s WHERE id = 0", [f"implicit {turn}"])
        connection.rollback() if turn % 2 else connection.commit()
        session.see("implicit", connection.execute(f"SELECT name FROM psycopg_{number} WHERE id = 0").fetchone())
        connection.commit()
    connection.autocommit = True


def settings(session, connection, meet):
    number = session.number
    zone = f"Etc/GMT+{number}"
    connection.execute(f"SET timezone = '{zone}'")
    connection.execute(f"SET psycopg.own = 'value of {number}'")
    for turn in range(4):
        meet()
        session.see(
            "settings",
            connection.execute("SELECT current_setting('timezone'), current_setting('psycopg.own')").fetchone(),
            connection.info.parameter_status("TimeZone"),
            connection.info.timezone,
        )
        session.see("time", connection.execute("SELECT %s::timestamptz", ["2024-06-01 00:00+00"]).fetchone()[0].isoformat())
        try:
            with connection.transaction():
                connection.execute("SET timezone = 'Asia/Tokyo'")
                session.see("inside", connection.info.parameter_status("TimeZone"))
                raise psycopg.Rollback()
        except psycopg.Rollback:
            pass
        session.see("after", connection.info.parameter_status("TimeZone"))
    connection.execute("RESET ALL")
    session.see("reset", connection.execute("SELECT current_setting('timezone')").fetchone())


def pipelines(session, connection, meet):
    number = session.number
    for turn in range(5):
        meet()
        with connection.pipeline() as pipeline:
            cursors = [connection.execute("SELECT %s::int * %s::int", [number, n]) for n in range(20)]
            pipeline.sync()
            more = [connection.execute(f"SELECT name FROM psycopg_{number} WHERE id = %s", [n]) for n in range(5)]
            session.see("pipeline", [cursor.fetchone() for cursor in cursors], [cursor.fetchone() for cursor in more])
        try:
            with connection.pipeline():
                connection.execute("SELECT %s::int", [turn])
                connection.execute("SELECT 1 / %s::int", [0])
                # psycopg takes a statement that was skipped for one that is prepared; so do not use it again.
                connection.execute(f"SELECT %s::text || 'skipped {turn}'", [turn]).fetchone()
        except psycopg.Error as error:
            session.see("error in it", *transcript.words_of(error))
        session.see("again", connection.execute("SELECT %s::text || 'again'", [turn]).fetchone())
        with connection.pipeline(), connection.transaction():
            connection.execute(f"UPDATE psycopg_{number} SET name = %s", [f"piped {turn}"])
            connection.execute("SET LOCAL timezone = 'Asia/Tokyo'")
            cursor = connection.execute("SELECT current_setting('timezone'), count(*) FROM psycopg_%s" % number)
            session.see("piped", cursor.fetchone())
        try:
            with connection.pipeline(), connection.transaction():
                connection.execute(f"UPDATE psycopg_{number} SET name = %s", ["lost"])
                connection.execute(f"INSERT INTO psycopg_{number} VALUES (%s)", [turn])
        except psycopg.Error as error:
            session.see("lost", *transcript.words_of(error))
        with connection.cursor() as cursor:
            rows = [(1000 * (turn + 1) + n, f"many {n}") for n in range(50)]
            cursor.executemany(f"INSERT INTO psycopg_{number} VALUES (%s, %s) RETURNING id", rows, returning=True)
            ids = [cursor.fetchone()[0]]
            while cursor.nextset():
                ids.append(cursor.fetchone()[0])
            session.see("many", ids)
        session.see("count", connection.execute(f"SELECT name, count(*) FROM psycopg_{number} GROUP BY 1 ORDER BY 1").fetchall())


def own_pipelines(session, libpq, meet):
    """libpq's calls themselves: all is sent before anything is read, over several Syncs, with errors between."""
    number = session.number
    for turn in range(5):
        meet()
        libpq.enter_pipeline_mode()
        libpq.send_prepare(b"own_%d" % turn, b"SELECT %d, $1::int + %d" % (number, turn))
        libpq.send_query_prepared(b"own_%d" % turn, [b"1"])
        libpq.pipeline_sync()
        libpq.send_prepare(b"own_%d" % turn, b"SELECT 'twice'")
        libpq.pipeline_sync()
        libpq.send_describe_prepared(b"own_%d" % turn)
        for n in range(30):
            libpq.send_query_prepared(b"own_%d" % (n % (turn + 1)), [b"%d" % n])
        libpq.pipeline_sync()
        session.see("own pipeline", *results_of(libpq, syncs=3))
        libpq.exit_pipeline_mode()


def results_of(libpq, syncs):
    while syncs > 0:
        libpq.flush()
        result = libpq.get_result()
        if result is None:
            continue
        status = pq.ExecStatus(result.status)
        if status == pq.ExecStatus.PIPELINE_SYNC:
            syncs -= 1
            yield f"sync, {pq.TransactionStatus(libpq.transaction_status).name}"
        elif status == pq.ExecStatus.FATAL_ERROR:
            yield (result.error_field(pq.DiagnosticField.SQLSTATE) + b" " + result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY)).decode()
        elif status == pq.ExecStatus.TUPLES_OK:
            yield [result.get_value(0, column).decode() for column in range(result.nfields)]
        elif result.nparams > 0:
            yield f"parameters {[result.param_type(n) for n in range(result.nparams)]}, {result.nfields} columns"
        else:
            yield status.name


def copies(session, connection, meet):
    number = session.number
    meet()
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY psycopg_{number} (id, name) FROM STDIN") as copy:
            for row in range(2000):
                copy.write_row([10_000 + row, f"row {row}"])
        session.see("copied", cursor.rowcount)
        with cursor.copy(f"COPY (SELECT id, name FROM psycopg_{number} WHERE id >= 10000 ORDER BY id) TO STDOUT") as copy:
            rows = list(copy.rows())
        session.see("back", len(rows), rows[-1])
    try:
        with connection.cursor() as cursor, cursor.copy(f"COPY psycopg_{number} (id) FROM STDIN") as copy:
            copy.write_row([10_000])
    except psycopg.Error as error:
        session.see("not copied", *transcript.words_of(error))
    try:
        with connection.cursor() as cursor, cursor.copy(f"COPY psycopg_{number} (id) FROM STDIN") as copy:
            copy.write_row([20_000])
            raise ValueError("no more")
    except (ValueError, psycopg.Error) as error:
        session.see("given up", *transcript.words_of(error))
    session.see("rows", connection.execute(f"SELECT count(*) FROM psycopg_{number} WHERE id >= %s", [10_000]).fetchone())


def cursors(session, connection, meet):
    number = session.number
    query = f"SELECT id FROM psycopg_{number} WHERE id >= %s ORDER BY id"
    meet()
    with connection.transaction(), connection.cursor("own") as cursor:
        cursor.itersize = 300
        session.see("cursor", sum(row[0] for row in cursor.execute(query, [10_000])))
    session.error("closed", psycopg.Error, connection.execute, "FETCH 1 FROM own")
    meet()
    with connection.cursor("held", withhold=True) as cursor:
        cursor.execute(query, [10_000])
        session.see("held", cursor.fetchmany(3), connection.execute("SELECT %s::int", [number]).fetchone(), cursor.fetchone())
    session.error("closed", psycopg.Error, connection.execute, "FETCH 1 FROM held")


def temporary_tables(session, connection, meet):
    """More of them than servers, so that sessions wait for one another; none may wait for all while it has one."""
    meet()
    connection.execute("CREATE TEMP TABLE own (id int)")
    for turn in range(5):
        connection.execute("INSERT INTO own SELECT generate_series(1, %s::int)", [session.number + 1])
        session.see("temporary", connection.execute("SELECT count(*) FROM own").fetchone())
    connection.execute("DROP TABLE own")
    meet()
    session.error("dropped", errors.UndefinedTable, connection.execute, "SELECT count(*) FROM own")


def lose_a_connection(session, meet):
    """A network that breaks in the middle of a transaction: nobody sees anything of it."""
    number = session.number
    meet()
    lost = connect(session)
    lost.execute("SET timezone = 'Asia/Tokyo'")
    lost.autocommit = False
    lost.execute(f"UPDATE psycopg_{number} SET name = %s", ["never"])
    with socket.socket(fileno=lost.fileno()) as broken:
        broken.shutdown(socket.SHUT_RDWR)
        broken.detach()
    session.error("broken", psycopg.OperationalError, lost.execute, "SELECT %s::int", [1])
    session.see("closed", lost.closed, lost.broken)
    with connect(session) as fresh:
        # Waits for the row locks of the transaction that was lost.
        fresh.execute(f"UPDATE psycopg_{number} SET tags = NULL")
        session.see("fresh", fresh.execute("SELECT current_setting('timezone')").fetchone())
        session.see("rolled back", fresh.execute(f"SELECT count(*) FROM psycopg_{number} WHERE name = %s", ["never"]).fetchone())


transcript.run(work)
