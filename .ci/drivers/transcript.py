"""What sessions see that work at the same time, as one JSON text.

A driver script hands the work of one session to run() or run_async(). Each session records what it sees, step by step, with
see() and error(). .ci/acceptance runs a script on PostgreSQL directly and through pgweir, and compares the texts; so what a script
records must not depend on time, on process numbers, or on the order in which the sessions come along.
"""

import asyncio
import json
import sys
import threading
import traceback

SESSIONS = 8
PATIENCE = 30  # seconds, for one another


class Session:
    def __init__(self, number, host, port):
        self.number = number
        self.steps = []
        self.server = {"host": host, "port": int(port), "user": "postgres", "password": "sesame"}

    def see(self, step, *values):
        self.steps.append([step, *values])

    def error(self, step, errors, work, *arguments, **named):
        """Records how the work fails: SQLSTATE and message, or the kind of error where the driver has nothing else."""
        try:
            result = work(*arguments, **named)
        except errors as error:
            self.see(step, *words_of(error))
        else:
            self.see(step, "no error", result)

    async def async_error(self, step, errors, work):
        try:
            result = await work
        except errors as error:
            self.see(step, *words_of(error))
        else:
            self.see(step, "no error", result)


def words_of(error):
    diagnosis = getattr(error, "diag", None) or error
    state = getattr(diagnosis, "sqlstate", None)
    message = getattr(diagnosis, "message_primary", None) or getattr(diagnosis, "message", None)
    return [state, message] if state else [type(error).__name__]


def run(work):
    """Runs work(session, meet) in threads; meet() waits until all sessions have come there, so do it outside of transactions."""
    sessions = [Session(number, *sys.argv[1:3]) for number in range(SESSIONS)]
    barrier = threading.Barrier(SESSIONS, timeout=PATIENCE)

    def follow(session):
        try:
            work(session, barrier.wait)
        except Exception:
            session.see("FAILED", traceback.format_exc())
            barrier.abort()

    threads = [threading.Thread(target=follow, args=[session], daemon=True) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
    finish(sessions)


def run_async(work):
    """The same with tasks of one event loop."""
    sessions = [Session(number, *sys.argv[1:3]) for number in range(SESSIONS)]

    async def follow(session, barrier):
        async def meet():
            await asyncio.wait_for(barrier.wait(), PATIENCE)

        try:
            await work(session, meet)
        except Exception:
            session.see("FAILED", traceback.format_exc())
            await barrier.abort()

    async def follow_all():
        barrier = asyncio.Barrier(SESSIONS)
        await asyncio.gather(*[follow(session, barrier) for session in sessions])

    asyncio.run(follow_all())
    finish(sessions)


def finish(sessions):
    failed = False
    for session in sessions:
        for step in session.steps:
            print(json.dumps([session.number, *step], default=str))
            failed = failed or step[0] == "FAILED"
    sys.stdout.flush()
    sys.exit(1 if failed else 0)
