"""manage.py drop_predictions: whole months go, that they went stays, and serving goes on."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from predictions import retention
from predictions.models import Prediction, Retention
from predictions.partitions import make_partitions
from predictions.recording import record
from predictions.writer import AuditWriter

from .conftest import OwnDatabase
from .rows import NOW, month_ahead, row_of

OLD = [datetime(2019, month, 20, tzinfo=UTC) for month in (11, 12)]
THIS_MONTH, NEXT_MONTH = (month_ahead(months).replace("_", "-") for months in (0, 1))


@pytest.fixture
def old_rows(db: None) -> None:
    """Two of November 2019, one of December, one of now."""
    for moment in OLD:
        with connection.cursor() as cursor:
            cursor.execute("SELECT predictions_make_partition(%s)", [moment])
    for moment in (OLD[0], *OLD, NOW):
        record(row_of(moment))


def said(*arguments: str) -> str:
    output = StringIO()
    call_command("drop_predictions", *arguments, stdout=output)
    return output.getvalue()


def test_it_works(old_rows: None) -> None:
    assert said("--before", "2019-12", "--yes") == "2019-11: dropped, 2 rows\n"
    assert [row.id.bytes[:6] for row in Prediction.objects.order_by("id")] == [
        row_of(moment).id[:6] for moment in (OLD[1], NOW)
    ]
    kept = Retention.objects.get()
    assert (kept.month, kept.rows) == (date(2019, 11, 1), 2)
    assert kept.actor.endswith(" (command)")
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user, clock_timestamp()")
        user, now = cursor.fetchone()
    assert kept.database_user == user
    assert abs(now - kept.dropped_at).total_seconds() < 60


def test_without_yes_it_only_says_what_would_go(old_rows: None) -> None:
    text = said("--before", "2020-01")
    assert "2019-11: 2 rows, 0.1 MB" in text and "2019-12: 1 rows" in text
    assert "nothing was dropped; with --yes they go for good" in text
    assert Prediction.objects.count() == 4
    assert not Retention.objects.exists()


def test_months_that_are_not_there_are_no_error(db: None) -> None:
    assert said("--before", "2001-01", "--yes") == "the log has no such months\n"


def test_this_month_is_never_dropped(old_rows: None) -> None:
    said("--before", THIS_MONTH, "--yes")
    assert Prediction.objects.count() == 1
    with pytest.raises(CommandError, match=f"{THIS_MONTH} is not over"):
        said("--before", NEXT_MONTH, "--yes")


def test_the_database_itself_refuses_to_drop_this_month_or_the_next(db: None) -> None:
    for month in (THIS_MONTH, NEXT_MONTH):
        with (
            pytest.raises(DatabaseError, match=f"{month} is not over"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT predictions_drop_partition(%s, 'me')", [f"{month}-15"])


@pytest.mark.parametrize("text", ["2026", "2026-13", "january"])
def test_what_is_no_month_is_named(db: None, text: str) -> None:
    with pytest.raises(CommandError, match=f"'{text}' is not a month such as 2026-01"):
        said("--before", text)


def test_the_log_can_be_written_and_made_longer_afterwards(old_rows: None) -> None:
    said("--before", THIS_MONTH, "--yes")
    assert make_partitions(months=4)
    record(row_of(NOW))
    assert Prediction.objects.count() == 2


def test_who_reads_for_long_is_named_and_nothing_is_dropped(
    old_rows: None, own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ATTEMPTS", 2)
    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0.01)
    name = str(connection.settings_dict["NAME"])
    with own_database.connect(dbname=name, application_name="reader") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT 1 FROM predictions_prediction")
        holder = rf"process {reader.info.backend_pid} \(reader\) for \d+ s"
        with pytest.raises(CommandError, match=f"in use all the time: held by {holder}"):
            said("--before", "2020-01", "--yes")
    assert Prediction.objects.count() == 4
    assert not Retention.objects.exists()


def test_while_somebody_reads_serving_goes_on_and_then_the_month_goes(
    own_database: OwnDatabase,
) -> None:
    writer = AuditWriter(own_database.parameters, 10)
    writer.write(row_of(OLD[0]).parameters())
    waited = 0
    with own_database.connect() as reader, ThreadPoolExecutor(1) as pool:
        reader.execute("BEGIN")
        reader.execute("SELECT 1 FROM predictions_prediction")
        command = ("drop_predictions", "--before", "2020-01", "--yes")
        dropping = pool.submit(own_database.manage, *command)
        end = time.monotonic() + 60
        while waited < 2:  # it tries, gives up, and tries again
            assert time.monotonic() < end
            started = time.monotonic()
            writer.write(row_of(datetime.now(UTC)).parameters())
            waited += time.monotonic() - started > 0.3
        assert not dropping.done()
        reader.execute("COMMIT")
        done = dropping.result()
    assert done.stdout == "2019-11: dropped, 1 rows\n", done
    with own_database.connect() as database:
        kept = database.execute(
            "SELECT rows FROM predictions_retention WHERE month = '2019-11-01'"
        ).fetchall()
    assert kept == [(1,)]
