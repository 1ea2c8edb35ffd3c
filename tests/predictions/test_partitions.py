"""Every month of the log has its partition before it begins, or when its first row comes."""

import threading
import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from housing_api.celery import app
from predictions import tasks
from predictions.models import Prediction, first_id
from predictions.recording import record
from predictions.writer import AuditWriter
from tests.live import Live, manage, wait_until

from .conftest import OwnDatabase
from .rows import NOW, month_ahead, row_of


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = 'predictions_prediction'::regclass"
        )
        return {name.removeprefix("predictions_prediction_") for (name,) in cursor.fetchall()}


def said(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


@pytest.mark.django_db
def test_it_works() -> None:
    """`prepare` has made this month's and three more."""
    assert partitions() == {month_ahead(months) for months in range(4)}


@pytest.mark.django_db
def test_the_command_makes_what_is_missing_and_says_so() -> None:
    fourth, fifth = (month_ahead(months).replace("_", "-") for months in (4, 5))
    assert said("make_partitions", "--months", "5") == f"made {fourth}, {fifth}\n"
    assert said("make_partitions", "--months", "5") == "all of them are there\n"
    assert partitions() == {month_ahead(months) for months in range(6)}


@pytest.mark.django_db
def test_the_task_makes_what_is_missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE predictions_prediction_{month_ahead(3)}")
    assert tasks.make_partitions() == [month_ahead(3).replace("_", "-")]
    assert tasks.make_partitions() == []


def test_the_task_is_sent_every_day() -> None:
    (entry,) = [
        entry
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if entry["task"] == tasks.make_partitions.name
    ]
    assert entry["schedule"] == timedelta(days=1)
    assert entry["task"] in app.tasks


@pytest.mark.django_db
def test_a_row_is_in_the_partition_of_its_month() -> None:
    start = datetime(int(month_ahead(1)[:4]), int(month_ahead(1)[5:]), 1, tzinfo=UTC)
    for moment, month in ((start, 1), (start - timedelta(milliseconds=1), 0)):
        row = row_of(moment)
        record(row)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tableoid::regclass::text, predictions_moment(id) "
                "FROM predictions_prediction WHERE id = %s",
                [uuid.UUID(bytes=row.id)],
            )
            assert cursor.fetchone() == (f"predictions_prediction_{month_ahead(month)}", moment)


@pytest.mark.django_db
def test_python_and_the_database_agree_where_a_moment_begins() -> None:
    for moment in (NOW, datetime(2031, 1, 1, tzinfo=UTC)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT predictions_first_id(%s)", [moment])
            assert cursor.fetchone() == (first_id(moment),)


@pytest.mark.django_db
def test_a_day_is_read_by_the_index_of_its_own_month_alone() -> None:
    with connection.cursor() as cursor:
        # The month is nearly empty: so few rows are as well read some other way.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    plan = Prediction.objects.on(NOW.date()).page().explain()
    assert "Index Scan" in plan and "Seq Scan" not in plan and "Sort" not in plan
    assert f"prediction_{month_ahead(0)}" in plan
    assert f"prediction_{month_ahead(1)}" not in plan


def test_a_month_that_nobody_made_begins_with_its_first_row(own_database: OwnDatabase) -> None:
    moments = [datetime(2031, month, 15, tzinfo=UTC) for month in (1, 1, 2, 3)]
    rows = [row_of(moment) for moment in moments]
    writer = AuditWriter(own_database.parameters, 10)
    threads = [threading.Thread(target=writer.write, args=(row.parameters(),)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with own_database.connect() as database:
        found = database.execute(
            "SELECT tableoid::regclass::text FROM predictions_prediction "
            "WHERE id >= %s AND id < %s",
            [first_id(datetime(year, 1, 1, tzinfo=UTC)) for year in (2031, 2032)],
        ).fetchall()
    assert sorted(name[-7:] for (name,) in found) == ["2031_01", "2031_01", "2031_02", "2031_03"]


@pytest.mark.parametrize("path", ["/api/predict/", "/api/predict/bulk/"])
def test_so_does_one_that_a_list_or_a_named_request_comes_to(
    api: Client, home: dict[str, Any], path: str
) -> None:
    """They are written in a transaction, with what belongs to them."""
    this_month = month_ahead(0)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE predictions_prediction_{this_month}")
    body = [home, home] if "bulk" in path else home
    response = api.post(
        path, body, content_type="application/json", headers={"Idempotency-Key": "a-new-month"}
    )
    assert response.status_code == 200, response.content
    assert this_month in partitions()
    assert Prediction.objects.count() == (2 if "bulk" in path else 1)


def test_making_a_month_stops_no_insert_and_no_insert_stops_it(own_database: OwnDatabase) -> None:
    make = "SELECT predictions_make_partition(%s)"
    insert = (
        "INSERT INTO predictions_prediction (id, created_at, predictor, endpoint, status, "
        "latency_ms, caller, request_id, api_version) "
        "VALUES (%s, now(), '', '', 200, 0, '', '', '')"
    )
    impatient = {"options": "-c lock_timeout=2s"}
    with own_database.connect(**impatient) as one, own_database.connect(**impatient) as other:
        one.execute("BEGIN")
        one.execute(insert, [uuid.UUID(bytes=row_of(NOW).id)])
        assert other.execute(make, [datetime(2032, 1, 1, tzinfo=UTC)]).fetchone() == (True,)
        one.execute(make, [datetime(2032, 2, 1, tzinfo=UTC)])
        other.execute(insert, [uuid.UUID(bytes=row_of(NOW).id)])
        one.execute("COMMIT")


def test_the_worker_of_bin_up_makes_them_and_keeps_the_time(live: Live) -> None:
    with live.database() as database:
        name = f"predictions_prediction_{month_ahead(3)}"
        database.execute(f"DROP TABLE {name}")
        task = f"app.send_task({tasks.make_partitions.name!r})"
        sent = manage(live.var, "shell", "-c", f"from housing_api.celery import app; {task}")
        assert sent.returncode == 0, sent
        wait_until(lambda: database.execute("SELECT to_regclass(%s)", [name]).fetchone() != (None,))
        # When it was last sent is kept in the database: a restart does not begin the day anew.
        query = "SELECT last_run_at FROM django_celery_beat_periodictask WHERE name = %s"
        assert database.execute(query, ["make-partitions"]).fetchone()
    assert not list(settings.BASE_DIR.glob("*schedule*"))
