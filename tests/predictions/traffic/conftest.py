import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from predictions.audit import AuditRow
from predictions.recording import record_many
from predictions.traffic.counting import LATE
from predictions.traffic.pictures import SPANS
from predictions.traffic.services import picture
from tests.predictions.conftest import OwnDatabase, copied_database
from tests.predictions.rows import row_of

from .by_hand import assert_equals_the_log

DRAW = random.Random(7)
LAST = timedelta(minutes=2)
"""Later rows are in no window yet."""


def rows(count: int, *, back: timedelta, until: timedelta = LAST) -> list[AuditRow]:
    """Asked at any moment from `back` ago `until` some time ago; of all kinds."""
    now = datetime.now(UTC)
    return [row(now - until - DRAW.random() * (back - until)) for _ in range(count)]


def row(moment: datetime, **members: Any) -> AuditRow:
    status = DRAW.choice((200, 200, 200, 200, 422, 404, 503, 500))
    facts = {
        "endpoint": DRAW.choice(("/api/predict/", "/api/predict/minimal/", "/api/x/", "batch")),
        "predictor": DRAW.choice(("homes", "bitcoin")),
        "status": status,
        "caller": f"10.0.0.{min(DRAW.randrange(40), DRAW.randrange(40))}",
        "latency_ms": 10 ** DRAW.uniform(-2.5, 4),
        "model_version_id": None if status == 404 else min(DRAW.randrange(1, 60), 40),
    }
    return row_of(moment, **(facts | members))


class Log:
    """Of a database of its own, in which this process works too."""

    def __init__(self, database: OwnDatabase) -> None:
        self.database = database
        self.other = database.connect()

    def write(self, rows: list[AuditRow]) -> None:
        record_many(rows)

    def copy(
        self, writer: psycopg.Connection[Any], row: AuditRow, written: datetime | None = None
    ) -> None:
        """As another process does; `written` by its clock."""
        writer.execute(
            "INSERT INTO predictions_prediction (id, created_at, predictor, endpoint, status, "
            "latency_ms, caller, request_id, api_version) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, '', '')",
            [
                *(row.id.hex(), written or datetime.now(UTC), row.predictor, row.endpoint),
                *(row.status, row.latency_ms, row.caller),
            ],
        )

    def assert_counted(self) -> None:
        """Every figure of every window."""
        for window in SPANS:
            found = picture(window=window)
            assert_equals_the_log(found, self.other)
            assert found.counted_until is not None
            assert timedelta(0) <= found.counted_until - LATE - found.end < timedelta(minutes=1)


@pytest.fixture(scope="module")
def own(django_db_setup: None, django_db_blocker: Any) -> Iterator[Log]:
    with copied_database(django_db_blocker) as database:
        log = Log(database)
        log.other.execute(
            "SELECT predictions_make_partition(day) FROM "
            "generate_series(now() - interval '40 days', now(), interval '1 day') AS day"
        )
        yield log
        log.other.close()


@pytest.fixture
def log(own: Log, django_db_blocker: Any) -> Iterator[Log]:
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = own.database.parameters["dbname"]
        try:
            yield own
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before
