"""The console as monitoring asks it, over three drivers. Arguments: host and port.

The tables and columns are those that exporters for Prometheus read (Debian's prometheus-pgbouncer-exporter, and the community's
pgbouncer_exporter); numbers must come as numbers.
"""

import asyncio
import sys

import asyncpg
import psycopg
import psycopg2

NUMBERS = {
    "STATS": "total_xact_count total_query_count total_received total_sent total_xact_time total_query_time total_wait_time"
    " avg_xact_count avg_query_count avg_recv avg_sent avg_xact_time avg_query_time avg_wait_time",
    "POOLS": "cl_active cl_waiting cl_active_cancel_req cl_waiting_cancel_req sv_active sv_active_cancel sv_being_canceled"
    " sv_idle sv_used sv_tested sv_login maxwait maxwait_us",
    "DATABASES": "port pool_size min_pool_size reserve_pool_size max_connections current_connections max_client_connections"
    " current_client_connections paused disabled",
}
LISTS = (
    "databases users peers pools peer_pools free_clients used_clients login_clients free_servers used_servers dns_names"
    " dns_zones dns_queries dns_pending"
)


def check(driver, ask):
    for table, columns in NUMBERS.items():
        rows = ask(f"SHOW {table};")
        assert rows, (driver, table)
        for row in rows:
            for column in columns.split():
                assert int(row[column]) == row[column], (driver, table, column, row[column])
    lists = {row["list"]: row["items"] for row in ask("SHOW LISTS;")}
    assert all(isinstance(lists[name], int) for name in LISTS.split()), (driver, lists)
    config = {row["key"]: row["value"] for row in ask("SHOW CONFIG;")}
    for limit in "max_client_conn", "max_user_connections":
        assert config[limit].isdigit(), (driver, limit, config[limit])
    assert ask("SHOW VERSION;")[0]["version"].startswith("PgBouncer 1."), driver
    print(f"{driver}: {', '.join(NUMBERS)}, LISTS, CONFIG, VERSION")


def named(cursor, query):
    cursor.execute(query)
    return [dict(zip([column.name for column in cursor.description], row)) for row in cursor.fetchall()]


server = {"host": sys.argv[1], "port": int(sys.argv[2]), "user": "postgres", "password": "sesame"}

connection = psycopg2.connect(dbname="pgbouncer", **server)
connection.set_session(autocommit=True)
check("psycopg 2", lambda query: named(connection.cursor(), query))

with psycopg.connect(dbname="pgbouncer", autocommit=True, **server) as connection:
    check("psycopg 3, extended protocol", lambda query: named(connection.cursor(), query))
    check("psycopg 3, binary", lambda query: named(connection.cursor(binary=True), query))


async def with_asyncpg():
    connection = await asyncpg.connect(database="pgbouncer", **server)
    answers = {}
    for query in [f"SHOW {table};" for table in [*NUMBERS, "LISTS", "CONFIG", "VERSION"]]:
        answers[query] = await connection.fetch(query)
    await connection.close()
    check("asyncpg, prepared", answers.get)


asyncio.run(with_asyncpg())
