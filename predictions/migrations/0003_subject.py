import time
from typing import Any

from django.db import migrations, models, transaction
from django.db.utils import OperationalError
from psycopg.errors import LockNotAvailable

# Of the partitioned table, and so of every month of it, also of those to come.
COLUMN = "ALTER TABLE predictions_prediction ADD COLUMN IF NOT EXISTS subject uuid"
ON = "(subject, id) WHERE subject IS NOT NULL"
INDEX = f"CREATE INDEX IF NOT EXISTS prediction_subject ON ONLY predictions_prediction {ON}"
MONTHS_WITHOUT = """
SELECT month.relname FROM pg_inherits JOIN pg_class AS month ON month.oid = inhrelid
WHERE inhparent = 'predictions_prediction'::regclass AND NOT EXISTS (
    SELECT FROM pg_index JOIN pg_inherits AS attached ON attached.inhrelid = indexrelid
    WHERE indrelid = month.oid AND attached.inhparent = 'prediction_subject'::regclass)
ORDER BY 1
"""
BACK = (
    "DROP INDEX IF EXISTS prediction_subject",
    "ALTER TABLE predictions_prediction DROP COLUMN IF EXISTS subject",
)
# While a statement waits for the log, all requests wait behind it: half a second, and then again.
PATIENCE, PAUSE_SECONDS, ATTEMPTS = "500ms", 1.0, 300


def add_subject(apps: Any, schema_editor: Any) -> None:
    """The log is read and written meanwhile, and may be large: no lock is held while it is scanned.

    Each step is committed. If it is interrupted, it goes on from there when it is run again.
    """
    connection = schema_editor.connection
    _quickly(connection, COLUMN)
    _quickly(connection, INDEX)
    with connection.cursor() as cursor:
        cursor.execute(MONTHS_WITHOUT)
        months = [month for (month,) in cursor.fetchall()]
        for month in months:
            index = f"{month}_subject_id_idx"
            # What was interrupted left one that is not valid.
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index}")
            cursor.execute(f"CREATE INDEX CONCURRENTLY {index} ON {month} {ON}")
            _quickly(connection, f"ALTER INDEX prediction_subject ATTACH PARTITION {index}")


def remove_subject(apps: Any, schema_editor: Any) -> None:
    for statement in BACK:
        _quickly(schema_editor.connection, statement)


def _quickly(connection: Any, statement: str) -> None:
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


class Migration(migrations.Migration):
    atomic = False

    dependencies = (("predictions", "0002_partitioned_append_only_log"),)

    operations = (
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_subject, remove_subject)],
            state_operations=[
                migrations.AddField(
                    "prediction",
                    "subject",
                    models.UUIDField(
                        help_text="equal for requests about the same thing, if the predictor "
                        "says so",
                        null=True,
                    ),
                ),
                migrations.AddIndex(
                    "prediction",
                    models.Index(
                        condition=models.Q(("subject__isnull", False)),
                        fields=["subject", "id"],
                        name="prediction_subject",
                    ),
                ),
            ],
        ),
    )
