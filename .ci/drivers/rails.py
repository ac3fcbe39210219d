"""What Rails' PostgreSQL adapter does, with libpq's own calls: SETs at connect, statements a1, a2, ... and DEALLOCATE.

Arguments: host and port.
"""

from psycopg import pq

import transcript

AT_CONNECT = [
    "SET client_min_messages TO 'warning'",
    "SET standard_conforming_strings = on",
    "SET intervalstyle = iso_8601",
    "SET SESSION timezone TO '{zone}'",
    "SET SESSION statement_timeout TO {timeout}",
    "SET search_path TO {schema}, public",
    "SHOW max_identifier_length",
    "SELECT t.oid, t.typname FROM pg_type as t WHERE t.typname IN ('int2', 'int4', 'text', 'bool') ORDER BY 1",
]
SETTINGS = (
    "SELECT current_setting('client_min_messages'), current_setting('intervalstyle'), current_setting('timezone'),"
    " current_setting('statement_timeout'), current_setting('search_path'), '90 minutes'::interval, current_schema()"
)


class Adapter:
    """One connection of ActiveRecord."""

    def __init__(self, session):
        self.session = session
        self.zone = f"Etc/GMT-{session.number + 1}"
        self.schema = f"rails_{session.number}"
        server = session.server
        self.libpq = pq.PGconn.connect(
            f"host={server['host']} port={server['port']} user={server['user']} password={server['password']} dbname=mydb".encode()
        )
        if self.libpq.status != pq.ConnStatus.OK:
            raise RuntimeError(self.libpq.error_message.decode())
        self.configure()

    def configure(self):
        self.names = {}
        self.counter = 0
        for statement in AT_CONNECT:
            self.query(statement.format(zone=self.zone, schema=self.schema, timeout=20_000 + self.session.number))

    def query(self, text):
        return seen(self.libpq.exec_(text.encode()))

    def exec_cache(self, text, *parameters):
        """As exec_cache of the adapter: a statement of its own for each text and search_path."""
        name = self.names.get(text)
        if name is None:
            self.counter += 1
            name = f"a{self.counter}"
            prepared = seen(self.libpq.prepare(name.encode(), text.encode()))
            if prepared != "COMMAND_OK":
                return prepared
            self.names[text] = name
        return seen(self.libpq.exec_prepared(name.encode(), [None if p is None else str(p).encode() for p in parameters]))

    def forget(self, text):
        return self.query(f"DEALLOCATE {self.names.pop(text)}")

    def reset(self):
        self.query("ROLLBACK")
        self.session.see("reset", self.query("DISCARD ALL"))
        self.configure()


def seen(result):
    status = pq.ExecStatus(result.status)
    if status == pq.ExecStatus.FATAL_ERROR:
        return (result.error_field(pq.DiagnosticField.SQLSTATE) + b" " + result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY)).decode()
    if status != pq.ExecStatus.TUPLES_OK:
        return status.name
    return [
        [value if (value := result.get_value(row, column)) is None else value.decode() for column in range(result.nfields)]
        for row in range(result.ntuples)
    ]


def work(session, meet):
    rails = Adapter(session)
    rails.query(f"DROP SCHEMA IF EXISTS {rails.schema} CASCADE")
    rails.query(f"CREATE SCHEMA {rails.schema}")
    # The same names in every session; the search_path tells which table is meant.
    rails.query("CREATE TABLE posts (id bigserial PRIMARY KEY, title varchar UNIQUE, created_at timestamp(6))")
    for turn in range(10):
        meet()
        create(rails, turn)
        read(rails, turn)
        session.see("settings", rails.query(SETTINGS), rails.exec_cache(SETTINGS), rails.libpq.parameter_status(b"TimeZone").decode())
        if turn % 3 == 2:
            session.see("forget", rails.forget('SELECT "posts".* FROM "posts" WHERE "posts"."id" = $1 LIMIT $2'))
        if turn % 4 == 3:
            rails.reset()
    migrate(rails, meet)
    session.see("nameless", rails.query("DEALLOCATE nothing"))
    rails.query(f"SET client_min_messages TO error; DROP SCHEMA {rails.schema} CASCADE")
    rails.libpq.finish()


def create(rails, turn):
    insert = 'INSERT INTO "posts" ("title", "created_at") VALUES ($1, $2) RETURNING "id"'
    rails.query("BEGIN")
    rails.session.see("insert", rails.exec_cache(insert, f"post {turn}", "2024-02-29 00:00:00"))
    rails.query("SAVEPOINT active_record_1")
    rails.session.see("again", rails.exec_cache(insert, f"post {turn}", None))
    rails.session.see("failed", rails.exec_cache('SELECT COUNT(*) FROM "posts"'))
    rails.query("ROLLBACK TO SAVEPOINT active_record_1")
    rails.query("RELEASE SAVEPOINT active_record_1")
    rails.session.see("commit", rails.query("COMMIT"))
    rails.query("BEGIN")
    rails.query("SET LOCAL search_path TO pg_catalog")
    rails.session.see("elsewhere", rails.query('SELECT COUNT(*) FROM "posts"'))
    rails.query("ROLLBACK")


def read(rails, turn):
    see = rails.session.see
    see("find", rails.exec_cache('SELECT "posts".* FROM "posts" WHERE "posts"."id" = $1 LIMIT $2', turn, 1))
    see("count", rails.exec_cache('SELECT COUNT(*) FROM "posts"'))
    see("pluck", rails.exec_cache('SELECT "posts"."title" FROM "posts" WHERE "posts"."id" < $1 ORDER BY "posts"."id" ASC', 5))
    see("no column", rails.exec_cache('SELECT "posts"."body" FROM "posts"'))
    see("not a number", rails.exec_cache('SELECT "posts".* FROM "posts" WHERE "posts"."id" = $1', "one"))


def migrate(rails, meet):
    """With an advisory lock, which only one session has at a time; the others learn it at once."""
    meet()
    lock = 4_711_000 + rails.session.number
    see = rails.session.see
    see("lock", rails.query(f"SELECT pg_try_advisory_lock({lock})"))
    rails.query("BEGIN")
    rails.query('ALTER TABLE "posts" ADD "body" text')
    rails.query("COMMIT")
    see("still locked", rails.query(f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {lock} AND pid = pg_backend_pid()"))
    see("unlock", rails.query(f"SELECT pg_advisory_unlock({lock})"))
    see("not locked", rails.query(f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {lock}"))
    see("migrated", rails.exec_cache('SELECT "posts"."id", "posts"."body" FROM "posts" ORDER BY 1 LIMIT 1'))


transcript.run(work)
