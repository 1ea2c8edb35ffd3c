"""manage.py forget_caller: nobody finds who it was, and all else is as it was."""

from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from ops.usage.models import CallerCount
from predictions.batches.models import Batch
from predictions.models import Erasure, Prediction
from predictions.recording import record
from tests.predictions.rows import NOW, row_of

pytestmark = pytest.mark.django_db
ADDRESS, OTHER = "203.0.113.77", "203.0.113.78"
JSON = "application/json"


def forget(caller: str = ADDRESS) -> str:
    output = StringIO()
    call_command("forget_caller", caller, stdout=output)
    return output.getvalue()


def read(statement: str, parameters: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def whole_log() -> list[Any]:
    """Every byte of it, but for the caller."""
    rows = read(
        "SELECT id, (to_jsonb(p) - 'caller')::text, request::text, response::text, "
        "error::text, features::text FROM predictions_prediction p ORDER BY id"
    )
    assert rows
    return rows


def tables_with(text: str) -> list[str]:
    names = read("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [
        name
        for (name,) in names
        if read(f'SELECT 1 FROM "{name}" t WHERE strpos(t::text, %s) > 0 LIMIT 1', [text])
    ]


@pytest.fixture
def asked(api: Client, home: dict[str, Any]) -> None:
    """Two callers, each known in every place where the service knows callers."""
    for number, caller in enumerate((ADDRESS, OTHER)):
        for body in (home, home | {"bedrooms": -1}):
            api.post("/api/predict/", body, content_type=JSON, REMOTE_ADDR=caller)
        headers = {"Idempotency-Key": "mine"}
        api.post("/api/predict/", home, content_type=JSON, REMOTE_ADDR=caller, headers=headers)
        version = Prediction.objects.first()
        assert version is not None
        Batch.objects.create(
            **{"predictor": "homes", "model_version": version.model_version, "size": 1},
            **{"format": "csv", "begins": 1, "columns": [], "minimal": False, "chunk_rows": 1},
            caller=caller,
        )
        CallerCount.objects.create(
            **{"day": NOW.date(), "caller": caller, "method": "POST", "route": "/api/predict/"},
            **{"status": 200, "count": 3 + number},
        )
        AccessAttempt.objects.create(
            username="olga", ip_address=caller, failures_since_start=1, attempt_time=timezone.now()
        )


def test_it_works(asked: None) -> None:
    before, places = whole_log(), tables_with(ADDRESS)
    assert len(places) >= 5
    said = forget().splitlines()
    assert tables_with(ADDRESS) == []
    assert whole_log() == before
    erasure = Erasure.objects.get()
    assert said == [
        f"it is erased:{erasure.pk} from now on",
        "requests in the log: 3",
        "files: 1",
        "counts of requests: 1",
        "kept answers, removed: 1",
        "failed logins, removed: 1",
    ]
    assert (erasure.rows, erasure.actor.endswith(" (command)")) == (3, True)
    assert Prediction.objects.filter(caller=f"erased:{erasure.pk}").count() == 3
    # Of nobody else.
    assert set(places) == set(tables_with(OTHER))


def test_answers_are_still_replayed_alike(asked: None) -> None:
    forget()
    output = StringIO()
    call_command("replay_predictions", stdout=output)
    assert "equal in every bit: 4\ndifferent: 0" in output.getvalue()


def test_who_never_asked_is_forgotten_on_record_too() -> None:
    assert "requests in the log: 0" in forget("user:olga")
    assert Erasure.objects.get().rows == 0


@pytest.mark.parametrize("caller", ["key:crm", "user:olga", "192.0.2.1"])
def test_nobody_else_may_try_passwords_again(db: None, caller: str) -> None:
    """Not who came without an address, nor who named no user."""
    for name, address in (("maria", None), ("", "203.0.113.9"), (None, None)):
        AccessAttempt.objects.create(
            username=name, ip_address=address, failures_since_start=9, attempt_time=timezone.now()
        )
    assert "failed logins, removed: 0" in forget(caller)
    assert AccessAttempt.objects.count() == 3


@pytest.mark.parametrize("caller", ["", "x" * 151, "erased:1"])
def test_what_is_no_caller_is_refused(caller: str) -> None:
    with pytest.raises(CommandError):
        forget(caller)
    assert not Erasure.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE predictions_prediction SET caller = 'erased:{now}', prediction = 1",
        "UPDATE predictions_prediction SET caller = 'erased:{now}', request = '{{ }}'",
        "UPDATE predictions_prediction SET caller = 'somebody else'",
        "UPDATE predictions_prediction SET caller = 'erased:999999999'",
        "UPDATE predictions_prediction SET caller = 'erased:{before}'",
        "DELETE FROM predictions_prediction",
        "UPDATE predictions_erasure SET rows = 0",
        "DELETE FROM predictions_erasure",
        "TRUNCATE predictions_erasure",
    ],
)
def test_the_log_takes_no_other_change(statement: str) -> None:
    """Not even from its owner, and with an erasure on record."""
    record(row_of(NOW))
    columns = "INSERT INTO predictions_erasure (rows, erased_at, actor, database_user) VALUES "
    [[now]] = read(columns + "(1, transaction_timestamp(), 'me', 'me') RETURNING id")
    [[before]] = read(
        columns + "(1, transaction_timestamp() - interval '1 s', '', '') RETURNING id"
    )
    with pytest.raises(ProgrammingError, match="is append-only"), transaction.atomic():
        read(statement.format(now=now, before=before))
