"""psycopg and asyncpg over TLS, with passwords (SCRAM) and with certificates. Arguments: host, port, folder of the certificates."""

import asyncio
import ssl
import sys

import asyncpg
import psycopg

host, port, folder = sys.argv[1:]
QUESTION = "SELECT current_user"


def file(name):
    return f"{folder}/{name}"


def psycopg_says(**how):
    try:
        with psycopg.connect(host="localhost", hostaddr=host, port=port, dbname="mydb", **how) as connection:
            return connection.execute(QUESTION).fetchone()[0]
    except psycopg.OperationalError as error:
        return str(error)


async def asyncpg_says(context, **how):
    try:
        connection = await asyncpg.connect(host="localhost", port=int(port), database="mydb", ssl=context, **how)
    except (asyncpg.PostgresError, OSError) as error:
        return f"{getattr(error, 'sqlstate', None)} {error}"
    answer = await connection.fetchval(QUESTION)
    await connection.close()
    return answer


def context(authority, certificate=None):
    made = ssl.create_default_context(cafile=file(authority))
    if certificate:
        made.load_cert_chain(file(certificate + ".crt"), file(certificate + ".key"))
    return made


def expect(what, answer, wanted):
    if wanted not in answer:
        sys.exit(f"{what}: {answer!r}, not {wanted!r}")
    print(what)


verified = {"sslmode": "verify-full", "sslrootcert": file("ca.crt")}
password = {"user": "postgres", "password": "sesame"}
expect("psycopg: verify-full, SCRAM bound to the connection", psycopg_says(**verified, **password, channel_binding="require"), "postgres")
expect("psycopg: wrong password", psycopg_says(**verified, user="postgres", password="wrong"), "SASL authentication failed")
expect("psycopg: no TLS", psycopg_says(**password, sslmode="disable"), "SSL required")
expect("psycopg: another authority", psycopg_says(**password, sslmode="verify-full", sslrootcert=file("other.crt")), "certificate verify failed")
certified = {**verified, "sslcert": file("alice.crt"), "sslkey": file("alice.key")}
expect("psycopg: client certificate", psycopg_says(**certified, user="alice"), "postgres")
revoked = {**verified, "sslcert": file("stolen.crt"), "sslkey": file("stolen.key")}
expect("psycopg: revoked certificate", psycopg_says(**revoked, user="alice"), "certificate authentication failed")
run = asyncio.run
expect("asyncpg: verify-full, SCRAM", run(asyncpg_says(context("ca.crt"), **password)), "postgres")
expect("asyncpg: wrong password", run(asyncpg_says(context("ca.crt"), user="postgres", password="wrong")), "28P01 SASL authentication failed")
expect("asyncpg: no TLS", run(asyncpg_says(False, **password)), "28000 SSL required")
expect("asyncpg: another authority", run(asyncpg_says(context("other.crt"), **password)), "certificate verify failed")
expect("asyncpg: client certificate", run(asyncpg_says(context("ca.crt", "alice"), user="alice")), "postgres")
expect("asyncpg: revoked certificate", run(asyncpg_says(context("ca.crt", "stolen"), user="alice")), "28000 certificate authentication failed")
