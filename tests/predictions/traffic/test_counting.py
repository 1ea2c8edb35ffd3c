"""Figures of traffic are those of the log, whenever its rows come."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Func

from predictions.models import Prediction
from predictions.retention import drop_month
from predictions.traffic import counting
from predictions.traffic.models import KEPT, Progress
from predictions.traffic.pictures import Counts, Latency
from predictions.traffic.services import (
    count_again,
    count_differing_again,
    count_up,
    counted_until,
    picture,
)

from .conftest import Log, row, rows

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime.now(UTC)


def change_progress(**columns: Any) -> None:
    """As counting itself does."""
    number = Func(Func(function="pg_current_xact_id"), template="(%(expressions)s)::text::bigint")
    Progress.objects.update(saved_in=number, **columns)


def test_it_works(log: Log) -> None:
    log.write(rows(1_500, back=30 * DAY) + rows(500, back=DAY) + rows(500, back=HOUR))
    assert count_up() >= 2_500
    log.assert_counted()
    found = picture(window="30d")
    assert found.counts.total + found.counts.batch_rows > 2_300
    assert found.other_callers.number and found.other_versions.number
    assert found.latency.p50 is not None


def test_before_the_first_count_a_picture_says_so(db: None) -> None:
    found = picture(window="24h")
    assert found.counted_until is None and found.counts == Counts()
    assert len(found.bins) == 96 and found.latency == Latency()
    assert (found.endpoints, found.callers, found.versions) == ([], [], [])


def test_what_comes_later_is_added_once(log: Log) -> None:
    log.write(rows(300, back=HOUR) + rows(100, back=30 * DAY))
    assert count_up() == 400
    assert count_up() == 0
    log.assert_counted()


def test_the_first_pass_goes_back_step_by_step(log: Log) -> None:
    """And rows that come meanwhile are left to the next."""
    count_again()
    assert counted_until() is None
    log.write(rows(50, back=DAY))
    assert counting.count_up(seconds=0, chunk=700) == 700
    log.write(rows(50, back=30 * DAY))
    while counted_until() is None:
        assert counting.count_up(seconds=0, chunk=700)
    assert count_up() == 50
    log.assert_counted()


def test_after_a_pause_it_catches_up_slice_by_slice(log: Log) -> None:
    piece = timedelta(seconds=10)
    count_up()
    first = counted_until()
    log.write(rows(200, back=DAY))
    counts = [counting.count_up(seconds=0, piece=piece)]
    while counted_until() == first:
        counts.append(counting.count_up(seconds=0, piece=piece))
    assert sum(counts) == 200 and len(counts) > 1
    log.assert_counted()


def test_a_transaction_that_ends_late_is_waited_for(log: Log) -> None:
    """Of subtransactions too: those of a batch have other numbers than it."""
    with log.database.connect() as writer:
        writer.execute("BEGIN")
        log.copy(writer, row(NOW - 2 * HOUR))
        writer.execute("SAVEPOINT one")
        log.copy(writer, row(NOW - HOUR))
        writer.execute("RELEASE one")
        log.write(rows(20, back=HOUR))
        before = counted_until()
        assert count_up() == 0
        assert counted_until() == before
        writer.execute("COMMIT")
    assert count_up() + count_up() == 22
    log.assert_counted()


def test_rows_of_a_batch_count_when_it_was_sent(log: Log) -> None:
    sent = NOW - 3 * DAY
    before = picture(window="30d").counts.batch_rows
    for _ in range(2):
        log.write([row(sent, endpoint="batch") for _ in range(30)])
        assert count_up() == 30
    assert picture(window="30d").counts.batch_rows == before + 60
    log.assert_counted()


def test_a_month_that_left_the_log_leaves_the_counts(log: Log) -> None:
    old = (NOW.replace(day=1) - DAY).replace(hour=12)
    log.write([row(old) for _ in range(40)])
    count_up()
    log.assert_counted()
    drop_month(month=old.date(), actor="test")
    with connection.cursor() as cursor:
        cursor.execute("SELECT predictions_make_partition(%s)", [old])
    log.write([row(old) for _ in range(3)])
    count_up()
    log.assert_counted()


def test_what_a_clock_far_behind_wrote_is_found_by_comparing(log: Log) -> None:
    moment = NOW - 2 * DAY
    change_progress(compared_until=None)
    assert count_differing_again() == []
    begun = Progress.objects.get().compared_until
    assert begun is not None and begun <= datetime.now(UTC) < begun + DAY
    compared = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    change_progress(compared_until=compared)
    with log.database.connect() as writer:
        for endpoint in ("batch", "/api/predict/"):
            log.copy(writer, row(moment, endpoint=endpoint), written=NOW - HOUR)
    assert count_up() == 0
    assert count_differing_again() == [compared.date()]
    log.assert_counted()
    assert count_differing_again() == []


def test_a_day_that_is_counted_again_is_gone_on_with_after_an_end_in_its_middle(log: Log) -> None:
    """As a worker leaves it that was killed then; and what is written meanwhile counts once."""
    day = (NOW - 3 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    mark = Progress.objects.get().transaction
    for table in KEPT:
        table._default_manager.filter(period__gte=day, period__lt=day + DAY).delete()
    change_progress(compared_until=day, recounted_until=day + DAY, recounted_before=mark)
    log.write([row(day + number * HOUR) for number in range(24)])
    assert count_up() == 24
    count_differing_again()
    assert Progress.objects.get().recounted_until is None
    log.assert_counted()


def test_where_it_was_restored_it_begins_anew(log: Log) -> None:
    """The row is written by another transaction there, and numbers of transactions are others."""
    Progress.objects.update(transaction=F("transaction"))
    assert count_up() == Prediction.objects.since(NOW - 32 * DAY).count()
    log.assert_counted()


def test_what_is_old_is_kept_by_the_hour_only(log: Log) -> None:
    log.write([row(NOW - 5 * HOUR), row(NOW - 3 * DAY)])
    count_up()
    for table in KEPT:
        counts = table._default_manager.filter(period__lt=NOW - 2 * DAY - HOUR)
        assert not counts.filter(grain=15).exists()
        assert counts.filter(grain=360).exists() != counts.filter(grain=1440).exists()
        assert not table._default_manager.filter(grain=1, period__lt=NOW - 3 * HOUR).exists()
    log.assert_counted()


def test_while_many_write_and_two_count_nothing_is_lost_or_doubled(
    log: Log, django_db_blocker: Any
) -> None:
    before = Prediction.objects.count()
    ends = threading.Event()
    counted: list[int] = []

    def write(number: int) -> int:
        made = rows(60, back=DAY)
        with log.database.connect() as writer:
            for place in range(0, 60, 3):
                with writer.transaction(force_rollback=place % 9 == 0 and number == 0):
                    log.copy(writer, made[place])
                    with writer.transaction():
                        log.copy(writer, made[place + 1])
                    log.copy(writer, made[place + 2])
        return 0

    def count() -> None:
        while not ends.is_set():
            counted.append(count_up(seconds=0.1))
        connection.close()

    count_up()
    with ThreadPoolExecutor(6) as pool:
        counting_now = [pool.submit(count) for _ in range(2)]
        for writing in [pool.submit(write, number) for number in range(4)]:
            writing.result()
        ends.set()
        for one in counting_now:
            one.result()
    counted += [count_up(), count_up()]
    assert sum(counted) == Prediction.objects.count() - before == 240 - 7 * 3
    log.assert_counted()
