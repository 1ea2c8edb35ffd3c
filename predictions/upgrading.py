"""How an upgrade changes the log while it is read and written, however large it is.

No lock is held while rows are scanned. Each step is committed: what was interrupted goes on from
there when it is run again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import connection as default
from django.db import transaction
from django.db.utils import OperationalError
from psycopg.errors import LockNotAvailable

LOG = "predictions_prediction"
# While a statement waits for the log, all requests wait behind it: half a second, and then again.
PATIENCE, PAUSE_SECONDS, ATTEMPTS = "500ms", 1.0, 300
# For other tables, which are asked for less often; a migration that gave up is begun again.
TABLE_PATIENCE, TABLE_SECONDS = "2s", 300.0
_MONTHS_WITHOUT = """
SELECT month.relname FROM pg_inherits JOIN pg_class AS month ON month.oid = inhrelid
WHERE inhparent = %s::regclass AND NOT EXISTS (
    SELECT FROM pg_index JOIN pg_inherits AS attached ON attached.inhrelid = indexrelid
    WHERE indrelid = month.oid AND attached.inhparent = %s::regclass)
ORDER BY 1
"""


def index_log(connection: Any, *, name: str, columns: str, definition: str) -> None:
    """Of every month of the log, and of those to come. Outside a transaction.

    `columns` as PostgreSQL joins them in the name of an index, `definition` what follows the table.
    """
    quickly(connection, f"CREATE INDEX IF NOT EXISTS {name} ON ONLY {LOG} {definition}")
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS_WITHOUT, [LOG, name])
        months = [month for (month,) in cursor.fetchall()]
        for month in months:
            index = f"{month}_{columns}_idx"
            with limited(connection, "0"):  # nobody waits behind these
                # What was interrupted left one that is not valid.
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index}")
                cursor.execute(f"CREATE INDEX CONCURRENTLY {index} ON {month} {definition}")
            quickly(connection, f"ALTER INDEX {name} ATTACH PARTITION {index}")


def quickly(connection: Any, statement: str) -> None:
    """What needs the whole log for a moment."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_SECONDS)
        try:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
                cursor.execute(statement)
            return
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable) or attempt == ATTEMPTS - 1:
                raise


def migrate(*, report: Callable[[str], None]) -> None:
    """All migrations. None of them keeps requests waiting for long: what a table is not free for
    gives up, lets them pass, and is tried again. Raises OperationalError: it was never free."""
    deadline = time.monotonic() + TABLE_SECONDS
    while True:
        try:
            with limited(default, TABLE_PATIENCE):
                call_command("migrate", verbosity=0, interactive=False)
            return
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable) or time.monotonic() > deadline:
                raise
            report("a table is in use for long; trying again")
            time.sleep(PAUSE_SECONDS)


@contextmanager
def limited(connection: Any, patience: str) -> Iterator[None]:
    """`patience`: how long a statement may wait for a lock; "0" is for ever. Of the session."""
    choose = "SELECT set_config('lock_timeout', %s, false)"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (before,) = cursor.fetchone()
        cursor.execute(choose, [patience])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(choose, [before])
