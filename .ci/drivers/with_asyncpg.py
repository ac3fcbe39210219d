"""asyncpg with its statement cache, types that it looks up, and its pool. Arguments: host and port."""

import asyncio

import asyncpg

import transcript


async def work(session, meet):
    number = session.number
    connection = await connect(session, server_settings={"application_name": f"app {number}", "timezone": f"Etc/GMT+{number}"})
    await statements(session, connection, meet)
    await transactions(session, connection, meet)
    await types(session, connection, meet)
    await pools(session, meet)
    await lose_a_connection(session, connection, meet)
    session.see("server settings", await connection.fetchrow("SELECT current_setting('application_name'), current_setting('timezone')"))
    await connection.execute(f"DROP TABLE asyncpg_{number}; DROP TYPE colour_{number}")
    await connection.close()


async def connect(session, **options):
    return await asyncpg.connect(database="mydb", **session.server, **options)


async def statements(session, connection, meet):
    number = session.number
    await connection.execute(
        f"DROP TABLE IF EXISTS asyncpg_{number}; CREATE TABLE asyncpg_{number} (id int PRIMARY KEY, name text, at timestamptz)"
    )
    kept = await connection.prepare(f"SELECT {number}, $1::int * 2 AS double")
    session.see("prepared", [str(parameter.name) for parameter in kept.get_parameters()], [a.name for a in kept.get_attributes()])
    # prepare() ends with a Flush; only the first use brings the Sync that lets the server go.
    session.see("kept", *await kept.fetchrow(0))
    for turn in range(12):
        await meet()
        session.see("kept", *await kept.fetchrow(turn))
        session.see("insert", await connection.execute(f"INSERT INTO asyncpg_{number} VALUES ($1, $2, now())", turn, f"name {turn}"))
        session.see("select", *await connection.fetch(f"SELECT id, name FROM asyncpg_{number} WHERE id = ANY($1) ORDER BY id", [turn, turn - 1]))
        await session.async_error(
            "duplicate", asyncpg.UniqueViolationError, connection.execute(f"INSERT INTO asyncpg_{number} VALUES ($1)", turn)
        )
        await session.async_error("division", asyncpg.DivisionByZeroError, connection.fetchval("SELECT 1 / $1::int", 0))
        await session.async_error("syntax", asyncpg.PostgresSyntaxError, connection.fetchval("SELEKT $1", turn))
        session.see("after", await connection.fetchval("SELECT $1::text", f"{turn}"))
    # More statements than the cache holds.
    small = await connect(session, statement_cache_size=5)
    for turn in range(3):
        await meet()
        session.see("small cache", [await small.fetchval(f"SELECT {n} + $1::int", turn) for n in range(12)])
    await small.close()


async def transactions(session, connection, meet):
    number = session.number
    for turn in range(6):
        await meet()
        async with connection.transaction(isolation="serializable" if turn % 2 else "read_committed"):
            await connection.execute(f"UPDATE asyncpg_{number} SET name = $1 WHERE id = $2", f"turn {turn}", turn)
            try:
                async with connection.transaction():
                    await connection.execute(f"DELETE FROM asyncpg_{number}")
                    await connection.execute("SELECT 1 / $1::int", 0)
            except asyncpg.DivisionByZeroError:
                pass
            rows = []
            async for row in connection.cursor(f"SELECT id FROM asyncpg_{number} ORDER BY id", prefetch=3):
                rows.append(row["id"])
            session.see("cursor", rows, await connection.fetchval("SHOW transaction_isolation"))
        await connection.executemany(
            f"INSERT INTO asyncpg_{number} VALUES ($1, $2)", [(100 * (turn + 1) + n, f"many {n}") for n in range(40)]
        )
        await session.async_error(
            "many", asyncpg.UniqueViolationError, connection.executemany(f"INSERT INTO asyncpg_{number} VALUES ($1)", [(-turn - 1,), (0,)])
        )
        session.see("rows", *await connection.fetchrow(f"SELECT count(*), min(id), max(name) FROM asyncpg_{number}"))


async def types(session, connection, meet):
    """asyncpg asks the server for types that it does not know, with statements of its own."""
    number = session.number
    await connection.execute(f"DROP TYPE IF EXISTS colour_{number}; CREATE TYPE colour_{number} AS ENUM ('red', 'green')")
    await meet()
    session.see("enum", await connection.fetchval(f"SELECT ARRAY[$1, 'red']::colour_{number}[]", "green"))
    session.see("row", await connection.fetchval("SELECT ROW(1, 'two'::text, NULL::int)"))
    await connection.set_type_codec("jsonb", encoder=str, decoder=lambda text: f"decoded {text}", schema="pg_catalog")
    session.see("jsonb", await connection.fetchval("SELECT $1::jsonb", '{"a": 1}'))


async def pools(session, meet):
    """Between two users of a connection asyncpg's pool resets it: RESET ALL, CLOSE ALL, UNLISTEN *, pg_advisory_unlock_all()."""
    await meet()
    async with asyncpg.create_pool(database="mydb", min_size=1, max_size=3, **session.server) as pool:

        async def use(n):
            async with pool.acquire() as connection:
                await connection.execute(f"SET timezone = 'Etc/GMT+{n % 12}'")
                return await connection.fetchval("SELECT current_setting('timezone') || $1::text", f" {n}")

        session.see("pool", await asyncio.gather(*[use(n) for n in range(20)]))
        session.see("reset", await pool.fetchval("SELECT current_setting('timezone')"))


async def lose_a_connection(session, connection, meet):
    number = session.number
    await meet()
    lost = await connect(session)
    await lost.transaction().start()
    await lost.execute(f"UPDATE asyncpg_{number} SET name = $1", "never")
    lost.terminate()
    await session.async_error("lost", asyncpg.InterfaceError, lost.fetchval("SELECT 1"))
    # Waits for the row locks of the transaction that was lost.
    await connection.execute(f"UPDATE asyncpg_{number} SET at = NULL WHERE id = $1", 1)
    session.see("rolled back", await connection.fetchval(f"SELECT count(*) FROM asyncpg_{number} WHERE name = $1", "never"))
    for turn in range(transcript.SESSIONS):
        await meet()
        if turn == number:
            # A statement that is given up in the middle is cancelled.
            try:
                await connection.fetchval("SELECT pg_sleep($1)", 60.0, timeout=0.2)
            except asyncio.TimeoutError:
                session.see("given up")
    session.see("usable", await connection.fetchval("SELECT $1::int", number))


transcript.run_async(work)
