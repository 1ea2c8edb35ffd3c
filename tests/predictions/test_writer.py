"""Rows that wait together are committed together, and nothing waits for ever."""

import io
import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uuid_utils
from structlog.contextvars import bound_contextvars

from housing_api.logs import formatter
from predictions.audit import AuditRow
from predictions.errors import DatabaseUnavailable, InternalError
from predictions.waiting import Threads
from predictions.writer import MOST_WAITING, AuditWriter, _Entry
from tests.live import Live
from tests.predictions.ways import WAYS, Way

Parameters = dict[str, Any]


@pytest.fixture
def place(live: Live) -> Parameters:
    with live.database() as database:
        return database.info.get_parameters()


@pytest.fixture(params=list(WAYS))
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]()


@pytest.fixture
def writer(place: Parameters, way: Way) -> AuditWriter:
    return AuditWriter(place, 10, way.waiting)


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


def test_it_works(live: Live, writer: AuditWriter, way: Way) -> None:
    """Each returns when its own row is committed."""

    def write(mine: AuditRow) -> bool:
        writer.write(mine.parameters())
        return is_logged(live, mine) == [True]

    assert way.outcomes(write, [row() for _ in range(200)]) == [True] * 200


def test_a_row_that_the_database_refuses_fails_alone(
    live: Live, writer: AuditWriter, way: Way
) -> None:
    rows = [row(request=b"{" if n % 5 == 0 else b"{}") for n in range(100)]
    outcomes = way.outcomes(lambda mine: writer.write(mine.parameters()), rows)
    for number, outcome in enumerate(outcomes):
        assert isinstance(outcome, InternalError) if number % 5 == 0 else outcome is None
    assert is_logged(live, *rows) == [n % 5 != 0 for n in range(100)]


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    """What the writer logs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter("json"))
    logger = logging.getLogger("predictions.writer")
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def test_a_refusal_is_logged_for_the_request_that_it_is_about(
    live: Live, writer: AuditWriter, way: Way, told: io.StringIO
) -> None:
    """Whoever writes the rows of all: most of these wait for the lock and share a commit."""
    is_locked = threading.Event()

    def hold() -> None:
        with live.database() as other, other.transaction():
            other.execute("LOCK TABLE predictions_prediction IN ACCESS EXCLUSIVE MODE")
            is_locked.set()
            other.execute("SELECT pg_sleep(0.5)")

    def write(number: int) -> None:
        mine = row(request=b"{" if number % 3 == 0 else b"{}", request_id=f"r-{number}")
        with bound_contextvars(request_id=f"r-{number}", trace_id=f"t-{number}"):
            writer.write(mine.parameters())

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        assert is_locked.wait(10)
        outcomes = way.outcomes(write, range(16))
        holder.result()
    assert [outcome is not None for outcome in outcomes] == [n % 3 == 0 for n in range(16)]
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    assert all("refuses a row" in line["event"] for line in lines)
    refused = [f"r-{number}" for number in range(0, 16, 3)]
    assert sorted(line["request_id"] for line in lines) == sorted(refused)
    for line in lines:
        assert line.get("trace_id") in (None, line["request_id"].replace("r", "t"))


def test_what_befalls_several_is_logged_for_none(
    told: io.StringIO,
) -> None:
    writer = AuditWriter({"host": "127.0.0.1", "port": "9", "dbname": "none"}, 5)
    batch = [
        _Entry(row(request_id=f"r-{n}").parameters(), time.monotonic() + 5, Threads().signal())
        for n in range(2)
    ]
    with bound_contextvars(request_id="r-0"):
        writer._commit(batch)
        writer._commit(batch[:1])
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    assert [line.get("request_id") for line in lines] == [None, "r-0"]


def test_while_the_database_stalls_a_row_waits_its_time_and_no_longer(
    live: Live, place: Parameters, way: Way
) -> None:
    writer = AuditWriter(place, 1, way.waiting)

    def write(mine: AuditRow) -> float:
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            writer.write(mine.parameters())
        return time.monotonic() - started

    assert way.outcomes(lambda mine: writer.write(mine.parameters()), [row()]) == [None]
    with live.database() as other, other.transaction():
        other.execute("LOCK TABLE predictions_prediction IN ACCESS EXCLUSIVE MODE")
        waited = way.outcomes(write, [row() for _ in range(8)])
    assert all(1 <= seconds < 30 for seconds in waited)
    late = row()  # it is back by itself
    assert way.outcomes(lambda mine: writer.write(mine.parameters()), [late]) == [None]
    assert is_logged(live, late) == [True]


def test_a_short_stall_is_waited_out(live: Live, writer: AuditWriter, way: Way) -> None:
    rows = [row() for _ in range(8)]
    is_locked = threading.Event()

    def hold() -> None:
        with live.database() as other, other.transaction():
            other.execute("LOCK TABLE predictions_prediction IN ACCESS EXCLUSIVE MODE")
            is_locked.set()
            other.execute("SELECT pg_sleep(0.5)")

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        assert is_locked.wait(10)
        outcomes = way.outcomes(lambda mine: writer.write(mine.parameters()), rows)
        holder.result()
    assert outcomes == [None] * 8
    assert all(is_logged(live, *rows))


def test_more_than_can_ever_be_written_in_time_are_sent_away_at_once(
    live: Live, place: Parameters
) -> None:
    way = WAYS["loop"]()
    writer = AuditWriter(place, 2, way.waiting)
    rows = [row() for _ in range(MOST_WAITING + 40)]

    def write(mine: AuditRow) -> float:
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            writer.write(mine.parameters())
        return time.monotonic() - started

    with live.database() as other, other.transaction():
        other.execute("LOCK TABLE predictions_prediction IN ACCESS EXCLUSIVE MODE")
        waited = way.outcomes(write, rows)
    assert sum(seconds < 2 for seconds in waited) == 40


def test_a_connection_that_was_cut_is_replaced_without_anyone_noticing(
    live: Live, writer: AuditWriter, way: Way
) -> None:
    for _ in range(3):
        mine = row()
        assert way.outcomes(lambda it: writer.write(it.parameters()), [mine]) == [None]
        assert is_logged(live, mine) == [True]
        with live.database() as database:
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'INSERT INTO predictions_prediction%' AND state = 'idle'"
            )


def test_the_same_row_written_twice_is_there_once(
    live: Live, writer: AuditWriter, way: Way
) -> None:
    """After a lost connection nobody knows whether it arrived: it is sent again."""
    mine = row()
    outcomes = way.outcomes(lambda it: writer.write(it.parameters()), [mine, mine])
    assert outcomes == [None, None]
    assert is_logged(live, mine) == [True]


def test_without_a_database_it_says_so_at_once(way: Way) -> None:
    writer = AuditWriter({"host": "127.0.0.1", "port": "9", "dbname": "none"}, 5, way.waiting)
    outcomes = way.outcomes(lambda it: writer.write(it.parameters()), [row()] * 3)
    assert all(isinstance(outcome, DatabaseUnavailable) for outcome in outcomes)
