"""What stands in the spools is counted once, whoever reads it and whatever ends in between."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from ops.usage import gathering, services
from ops.usage.models import OTHERS, CallerCount, Grain, RequestCount, RequestTotal
from ops.usage.models import Spool as Position
from ops.usage.spool import Spool, spools

from .lines import line


def test_it_works(db: None, spool: Spool) -> None:
    for status in (200, 200, 422):
        spool.append(line(status=status))
    gathering.gather_all()
    gathering.gather_all()
    for grain in Grain:
        rows = RequestCount.objects.filter(grain=grain).order_by("status")
        assert [(row.route, row.status, row.count) for row in rows] == [
            ("/api/predict/", 200, 2),
            ("/api/predict/", 422, 1),
        ]
    assert {row.caller: row.count for row in CallerCount.objects.filter(status=200)} == {
        "192.0.2.7": 2
    }
    total = RequestTotal.objects.get(status=200)
    assert (total.count, total.within, total.microseconds) == (2, 0.005, 8400)


def test_what_is_written_later_is_added(db: None, spool: Spool) -> None:
    for _ in range(3):
        spool.append(line())
        gathering.gather(spool.name)
    assert RequestTotal.objects.get().count == 3


def test_a_process_reads_its_own_and_what_nobody_writes_to(db: None, folder: Path) -> None:
    own, other, gone = Spool(folder), Spool(folder), Spool(folder)
    for spool, status in ((own, 201), (other, 202), (gone, 203)):
        spool.begin()
        spool.append(line(status=status))
    gone.end()
    gathering.gather(own.name)
    assert set(RequestTotal.objects.values_list("status", flat=True)) == {201, 203}
    assert {path.stem for path in spools(folder)} == {own.name, other.name}
    own.end()
    other.end()


def test_a_file_that_comes_back_is_not_counted_again(
    db: None, folder: Path, spool: Spool, tmp_path: Path
) -> None:
    spool.append(line())
    (file,) = spools(folder)
    kept = shutil.copy(file, tmp_path)
    spool.end()
    gathering.gather_all()
    assert spools(folder) == []
    shutil.copy(kept, file)
    gathering.gather_all()
    assert RequestTotal.objects.get().count == 1


def test_a_record_is_read_when_it_is_whole(db: None, folder: Path, spool: Spool) -> None:
    (file,) = spools(folder)
    begun, rest = line()[:20], line()[20:]
    for part, count in ((begun, 0), (rest, 1)):
        with file.open("ab") as stream:
            stream.write(part)
        gathering.gather_all()
        assert sum(RequestTotal.objects.values_list("count", flat=True)) == count


def test_what_was_torn_costs_nothing_but_itself(
    db: None, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = [b"\x00" * 40, line()[:30], b"\xff\xfe\t" * 5]
    damaged += [line().replace(b"200", status)[:-1] for status in (b"2000", b"099", "٣٣٣".encode())]
    for content in damaged:
        spool.append(content + b"\n")
    spool.append(line().replace(b"192", b"\x00192"))
    gathering.gather_all()
    assert CallerCount.objects.get().caller == "192.0.2.7"
    assert "6 damaged lines" in caplog.text


def test_a_clock_that_is_ahead_counts_as_now(db: None, spool: Spool) -> None:
    spool.append(line(minute=int(time.time()) // 60 + 60 * 24 * 365))
    gathering.gather_all()
    assert RequestCount.objects.get(grain=Grain.MINUTE).period <= datetime.now(UTC)
    assert CallerCount.objects.get().day <= datetime.now(UTC).date()


def test_callers_without_end_are_counted_as_others(db: None, spool: Spool) -> None:
    for number in range(gathering.MOST_CALLERS + 50):
        spool.append(line(caller=f"2001:db8::{number:x}"))
    gathering.gather_all()
    spool.append(line(caller="2001:db9::1"))
    spool.append(line(caller="key:crm"))
    spool.append(line(caller="2001:db8::1"))
    gathering.gather_all()
    assert CallerCount.objects.get(caller=OTHERS).count == 51
    assert CallerCount.objects.get(caller="2001:db8::1").count == 2
    assert CallerCount.objects.get(caller="key:crm").count == 1
    assert CallerCount.objects.count() == gathering.MOST_CALLERS + 2
    assert RequestTotal.objects.get().count == gathering.MOST_CALLERS + 53


def test_what_a_client_wrote_cannot_make_a_line(db: None, spool: Spool) -> None:
    spool.append(line(caller="a\tb\nc\x00\ud800", method="FOO"))
    gathering.gather_all()
    counted = CallerCount.objects.get()
    assert (counted.caller, counted.method) == ("a?b?c??", "(other)")


def test_much_is_read_in_parts(db: None, spool: Spool) -> None:
    lines = line() * 1000
    parts = gathering.READ_AT_ONCE // len(lines) + 1
    for _ in range(parts):
        spool.append(lines)
    gathering.gather_all()
    assert RequestTotal.objects.get().count == parts * 1000


def test_what_has_no_end_is_passed_over(db: None, folder: Path, spool: Spool) -> None:
    """As a file may be after a power failure."""
    (file,) = spools(folder)
    with file.open("ab") as stream:
        stream.write(bytes(gathering.READ_AT_ONCE * 2 + 7) + b"\n")
    spool.append(line())
    gathering.gather_all()
    assert RequestTotal.objects.get().count == 1


def test_after_a_long_outage_it_is_read_bit_by_bit(db: None, folder: Path, spool: Spool) -> None:
    (file,) = spools(folder)
    lines = gathering.READ_AT_ONCE * 3 // len(line()) + 100
    with file.open("ab") as stream:
        stream.write(line() * lines)
    gathering.gather(spool.name, seconds=0)
    begun = RequestTotal.objects.get().count
    assert 0 < begun < lines
    spool.end()
    gathering.gather_all()
    assert RequestTotal.objects.get().count == lines
    assert spools(folder) == []


def test_one_look_has_time_for_all_files_together(db: None, folder: Path, spool: Spool) -> None:
    for _ in range(3):
        gone = Spool(folder)
        gone.begin()
        gone.append(line(status=503))
        gone.end()
    lines = gathering.READ_AT_ONCE // len(line()) + 100
    spool.append(line() * lines)
    gathering.gather(spool.name, seconds=0)
    assert not RequestTotal.objects.filter(status=503).exists()
    gathering.gather(spool.name)
    assert RequestTotal.objects.get(status=200).count == lines
    assert RequestTotal.objects.get(status=503).count == 3
    assert len(spools(folder)) == 1


def test_where_nothing_is_new_nothing_is_written(
    db: None, spool: Spool, django_assert_num_queries: Any
) -> None:
    spool.append(line())
    gathering.gather_all()
    with django_assert_num_queries(1) as asked:
        gathering.gather_all()
    assert asked.captured_queries[0]["sql"].startswith("SELECT")
    spool.append(line())
    gathering.gather_all()
    assert RequestTotal.objects.get().count == 2


def test_of_many_new_callers_those_who_came_first_are_named(db: None, spool: Spool) -> None:
    for number in reversed(range(gathering.MOST_CALLERS + 1)):
        spool.append(line(caller=f"192.0.2.{number:04}"))
    gathering.gather_all()
    callers = CallerCount.objects.values_list("caller", flat=True)
    assert f"192.0.2.{gathering.MOST_CALLERS}" in callers
    assert "192.0.2.0000" not in callers


def test_another_database_has_other_spools(settings: Any, folder: Path) -> None:
    database = settings.DATABASES["default"]
    assert gathering.folder_for(database) == folder
    assert gathering.folder_for({**database, "NAME": "another"}) != folder


def test_counted_until_says_how_far_it_was_read(db: None, spool: Spool) -> None:
    spool.append(line())
    before = datetime.now(UTC)
    services.catch_up()
    assert before <= services.counted_until() <= datetime.now(UTC)
    Position.objects.update(read_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert services.counted_until() >= before  # whoever is gone for long holds up nobody


def apart(deed: Callable[[], object]) -> threading.Thread:
    """In a thread, whose connection commits; the test's own takes back what it did."""

    def run() -> None:
        deed()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.fixture
def clean(db: None) -> Iterator[None]:
    """What threads have committed is taken away."""

    def remove() -> None:
        for model in (RequestCount, CallerCount, RequestTotal, Position):
            model.objects.all().delete()

    yield
    apart(remove).join()


def test_many_who_read_at_once_count_once(clean: None, folder: Path) -> None:
    written = [Spool(folder) for _ in range(3)]
    for spool in written:
        spool.begin()
    together = threading.Barrier(4)
    lines = b"".join(line(caller=f"192.0.2.{number % 200}") for number in range(5000))

    def read() -> None:
        connection.ensure_connection()
        together.wait()
        gathering.gather_all()

    for is_last in (False, True):
        for spool in written:
            spool.append(lines)
            if is_last:
                spool.end()
        for thread in [apart(read) for _ in range(4)]:
            thread.join()
    assert sum(RequestTotal.objects.values_list("count", flat=True)) == 30_000
    assert spools(folder) == []
