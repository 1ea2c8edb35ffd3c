"""One training per predictor: a lock in PostgreSQL that ends with the process that holds it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

CLASS = 0x7472_6169
"""The first half of the key, for training; the other is the predictor's."""
PATIENCE_SECONDS = 3.0
"""Who looks whether somebody holds it holds it for a moment; a run that has ended follows up."""

# A machine that is cut off ends its connection after half a minute, not after hours.
ENDS_SOON = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4"
)


@contextmanager
def alone(predictor: str) -> Iterator[BaseDatabaseWrapper | None]:
    """The connection that holds the lock; None: somebody else does."""
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(ENDS_SOON)
        yield own if _locked(own, predictor) else None
    finally:
        own.close()


def _locked(own: BaseDatabaseWrapper, predictor: str) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [CLASS, predictor])
            if cursor.fetchone()[0]:
                return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.1)


def nobody_trains(predictor: str) -> bool:
    """Within a transaction; true keeps others from beginning until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [CLASS, predictor])
        return bool(cursor.fetchone()[0])
