"""Rows that wait together are committed together, and nothing waits for ever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uuid_utils

from predictions.audit import AuditRow
from predictions.errors import DatabaseUnavailable, InternalError
from predictions.writer import AuditWriter
from tests.live import Live

Parameters = dict[str, Any]


@pytest.fixture
def place(live: Live) -> Parameters:
    with live.database() as database:
        return database.info.get_parameters()


@pytest.fixture
def writer(place: Parameters) -> AuditWriter:
    return AuditWriter(place, 10)


def row(**members: Any) -> AuditRow:
    facts: dict[str, Any] = {
        "id": uuid_utils.uuid7().bytes,
        "predictor": "homes",
        "endpoint": "/test/",
        "caller": "test",
        "request_id": "test",
        "api_version": "1",
        "request": b"{}",
    }
    return AuditRow(**(facts | members))


def is_logged(live: Live, *rows: AuditRow) -> list[bool]:
    with live.database() as database:
        found = database.execute(
            "SELECT id FROM predictions_prediction WHERE id = ANY(%s)",
            [[str(uuid_utils.UUID(bytes=row.id)) for row in rows]],
        )
        ids = {name.bytes for (name,) in found}
    return [row.id in ids for row in rows]


def test_it_works(live: Live, writer: AuditWriter) -> None:
    """Each thread returns when its own row is committed."""

    def write(_: int) -> bool:
        mine = row()
        writer.write(mine.parameters())
        return is_logged(live, mine) == [True]

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(write, range(200)))


def test_a_row_that_the_database_refuses_fails_alone(live: Live, writer: AuditWriter) -> None:
    rows = [row(request=b"{" if n % 5 == 0 else b"{}") for n in range(100)]

    def write(mine: AuditRow) -> str:
        try:
            writer.write(mine.parameters())
        except InternalError:
            return "refused"
        return "written"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(write, rows))
    assert outcomes == ["refused" if n % 5 == 0 else "written" for n in range(100)]
    assert is_logged(live, *rows) == [n % 5 != 0 for n in range(100)]


def test_while_the_database_stalls_a_row_waits_its_time_and_no_longer(
    live: Live, place: Parameters
) -> None:
    writer = AuditWriter(place, 1)
    writer.write(row().parameters())
    started = time.monotonic()
    with live.database() as other, other.transaction():
        other.execute("LOCK TABLE predictions_prediction IN ACCESS EXCLUSIVE MODE")
        with ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(writer.write, row().parameters()) for _ in range(8)]
            for future in waiting:
                with pytest.raises(DatabaseUnavailable):
                    future.result(timeout=30)
    assert time.monotonic() - started >= 1
    late = row()
    writer.write(late.parameters())  # it is back by itself
    assert is_logged(live, late) == [True]


def test_a_short_stall_is_waited_out(live: Live, writer: AuditWriter) -> None:
    rows = [row() for _ in range(8)]
    is_locked = threading.Event()

    def hold() -> None:
        with live.database() as other, other.transaction():
            other.execute("LOCK TABLE predictions_prediction IN ACCESS EXCLUSIVE MODE")
            is_locked.set()
            other.execute("SELECT pg_sleep(0.5)")

    with ThreadPoolExecutor(9) as pool:
        holder = pool.submit(hold)
        assert is_locked.wait(10)
        for future in [pool.submit(writer.write, mine.parameters()) for mine in rows]:
            future.result(timeout=30)
        holder.result()
    assert all(is_logged(live, *rows))


def test_a_connection_that_was_cut_is_replaced_without_anyone_noticing(
    live: Live, writer: AuditWriter
) -> None:
    for _ in range(3):
        mine = row()
        writer.write(mine.parameters())
        assert is_logged(live, mine) == [True]
        with live.database() as database:
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'INSERT INTO predictions_prediction%' AND state = 'idle'"
            )


def test_the_same_row_written_twice_is_there_once(live: Live, writer: AuditWriter) -> None:
    """After a lost connection nobody knows whether it arrived: it is sent again."""
    mine = row()
    writer.write(mine.parameters())
    writer.write(mine.parameters())
    assert is_logged(live, mine) == [True]


def test_without_a_database_it_says_so_at_once() -> None:
    writer = AuditWriter({"host": "127.0.0.1", "port": "9", "dbname": "none"}, 5)
    with pytest.raises(DatabaseUnavailable):
        writer.write(row().parameters())
