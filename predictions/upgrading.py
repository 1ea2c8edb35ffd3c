"""How an upgrade changes the log while it is read and written, however large it is.

No lock is held while rows are scanned. Each step is committed: what was interrupted goes on from
there when it is run again.
"""

import time
from typing import Any

from django.db import transaction
from django.db.utils import OperationalError
from psycopg.errors import LockNotAvailable

LOG = "predictions_prediction"
# While a statement waits for the log, all requests wait behind it: half a second, and then again.
PATIENCE, PAUSE_SECONDS, ATTEMPTS = "500ms", 1.0, 300
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
