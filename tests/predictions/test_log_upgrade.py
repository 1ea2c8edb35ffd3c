"""An upgrade gives the log its column `subject` and indexes while the log is in use."""

import subprocess
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.live import wait_until

from .conftest import OwnDatabase, copied_database
from .rows import NOW, month_ahead, row_of

pytestmark = pytest.mark.django_db  # else no database is made when it runs alone
INSERT = (
    "INSERT INTO predictions_prediction (id, created_at, predictor, endpoint, status, "
    "latency_ms, caller, request_id, api_version) VALUES (%s, now(), '', '', 200, 0, '', '', '')"
)
WAITING = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' "
    "AND relation = 'predictions_prediction'::regclass"
)
WAITING_FOR_ACTIVATIONS = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted "
    "AND relation = 'modelregistry_activation'::regclass"
)
# As it was before, and as an upgrade left it that was interrupted at its first month.
BEFORE = f"""
DROP INDEX prediction_subject, prediction_created;
DELETE FROM django_migrations WHERE app = 'traffic'
OR (app = 'predictions' AND name >= '0003');
DROP TABLE predictions_erasure;
DROP FUNCTION predictions_erase_caller;
CREATE INDEX prediction_subject ON ONLY predictions_prediction (subject, id)
WHERE subject IS NOT NULL;
CREATE INDEX predictions_prediction_{month_ahead(0)}_subject_id_idx
ON predictions_prediction_{month_ahead(0)} (subject, id) WHERE subject IS NOT NULL;
"""
INDEXES = ("prediction_created", "prediction_subject")
MONTHS_WITH = (
    "SELECT inhparent::regclass::text, count(*) FROM pg_inherits "
    "JOIN pg_index ON indexrelid = inhrelid "
    f"WHERE inhparent::regclass::text IN {INDEXES} AND indisvalid GROUP BY 1 ORDER BY 1"
)
ARE_VALID = (
    f"SELECT bool_and(indisvalid) FROM pg_index WHERE indexrelid::regclass::text IN {INDEXES}"
)


@pytest.fixture(scope="module")
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[OwnDatabase]:
    with copied_database(django_db_blocker) as database:
        yield database


def test_it_works(database: OwnDatabase) -> None:
    """It waits for who reads for long, nobody waits for it, and it goes on where it stopped."""
    done: list[int] = []

    def migrate() -> None:
        done.append(database.manage("migrate", "predictions", "-v", "0").returncode)

    upgrade = threading.Thread(target=migrate)
    with database.connect() as reader, database.connect(options="-c lock_timeout=5s") as other:
        reader.execute(BEFORE)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM predictions_prediction")
        upgrade.start()
        wait_until(lambda: other.execute(WAITING).fetchone() == (1,))
        other.execute(INSERT, [uuid.UUID(bytes=row_of(NOW).id)])
        assert not done
        reader.execute("COMMIT")
        upgrade.join()
        assert done == [0]
        assert other.execute(MONTHS_WITH).fetchall() == [(index, 4) for index in INDEXES]
        assert other.execute(ARE_VALID).fetchone() == (True,)
        # So has a month that is made later.
        made = "SELECT predictions_make_partition(%s)"
        assert other.execute(made, [datetime(2036, 1, 1, tzinfo=UTC)]).fetchone() == (True,)
        assert other.execute(MONTHS_WITH).fetchall() == [(index, 5) for index in INDEXES]


def test_a_table_that_is_in_use_for_long_is_waited_for_and_nobody_waits_behind(
    own_database: OwnDatabase,
) -> None:
    done: list[subprocess.CompletedProcess[str]] = []
    code = "from predictions.upgrading import migrate; migrate(report=print)"
    upgrade = threading.Thread(target=lambda: done.append(own_database.manage("shell", "-c", code)))
    use = "LOCK TABLE modelregistry_activation IN ROW EXCLUSIVE MODE"
    with (
        own_database.connect() as user,
        own_database.connect(options="-c lock_timeout=5s") as other,
    ):
        user.execute("DROP INDEX activation_predictor")
        user.execute(
            "DELETE FROM django_migrations WHERE app = 'modelregistry' "
            "AND name = '0005_index_of_activations'"
        )
        user.execute("BEGIN")
        user.execute(use)
        upgrade.start()
        wait_until(lambda: other.execute(WAITING_FOR_ACTIVATIONS).fetchone() == (1,))
        with other.transaction():
            other.execute(use)  # behind the upgrade, which gives way
        assert not done
        user.execute("COMMIT")
        upgrade.join()
        assert done[0].returncode == 0, done[0].stderr
        assert "a table is in use for long; trying again" in done[0].stdout
        there = "SELECT count(*) FROM pg_indexes WHERE indexname = 'activation_predictor'"
        assert other.execute(there).fetchone() == (1,)
