"""Many who ask the same at the same time, of several processes; and what is killed in between."""

import http.client
import json
import re
import secrets
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psutil
import psycopg
import pytest
from django.conf import settings

from tests.live import Apart, Live, wait_until
from tests.predictions.batches.conftest import as_csv, homes
from tests.predictors.bitcoin.conftest import key

__all__ = ("homes", "key")

AT_ONCE = 50
PREDICT, BULK = "/api/predict/", "/api/predict/bulk/"


@dataclass(frozen=True, slots=True)
class Heard:
    status: int
    content: bytes
    request_id: str
    is_replayed: bool


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    content: bytes
    headers: dict[str, str]


def request_of(path: str, body: Any, kind: str = "application/json", **headers: str) -> Request:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    key = {"Content-Type": kind, "Idempotency-Key": secrets.token_hex(8)}
    return Request(path, content, key | headers)


def connected(live: Live) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=60)
    connection.connect()
    return connection


def ask(connection: http.client.HTTPConnection, request: Request) -> Heard:
    connection.request("POST", request.path, request.content, request.headers)
    response = connection.getresponse()
    replayed = response.getheader("Idempotency-Replayed") == "true"
    name = response.getheader("X-Request-ID") or ""
    return Heard(response.status, response.read(), name, replayed)


def all_at_once(live: Live, request: Request) -> list[Heard]:
    """Who is told that there is no room for so many files at a time asks again."""
    barrier = threading.Barrier(AT_ONCE)

    def one(connection: http.client.HTTPConnection) -> Heard:
        barrier.wait()
        heard = ask(connection, request)
        while heard.status == 503 and b'"no-room"' in heard.content:
            heard = ask(connection, request)
        return heard

    connections = [connected(live) for _ in range(AT_ONCE)]
    processes = live.web_processes()
    assert len(processes) == 2
    wait_until(lambda: all(clients_of(one, live.port) for one in processes))
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(one, connections))
    finally:
        for connection in connections:
            connection.close()


def clients_of(process: psutil.Process, port: int) -> int:
    found = process.net_connections("tcp")
    return sum(one.status == "ESTABLISHED" and one.laddr.port == port for one in found)


def logged(live: Live, heard: list[Heard]) -> int:
    """Rows of the log that these requests left."""
    ids = [one.request_id for one in heard]
    with live.database() as database:
        query = "SELECT count(*) FROM predictions_prediction WHERE request_id = ANY(%s)"
        found = database.execute(query, [ids]).fetchone()
    assert found is not None
    return int(found[0])


def hold_to_one_answer(heard: list[Heard], status: int) -> None:
    assert {one.status for one in heard} == {status}, heard[0]
    assert len({one.content for one in heard}) == 1
    assert sum(not one.is_replayed for one in heard) == 1


@pytest.mark.parametrize("size", [None, 40])
def test_it_works(live: Live, home: dict[str, Any], size: int | None) -> None:
    """Fifty equal requests, of one home and of a list: one answer, one row for each home."""
    request = request_of(PREDICT, home) if size is None else request_of(BULK, [home] * size)
    heard = all_at_once(live, request)
    hold_to_one_answer(heard, 200)
    assert logged(live, heard) == (size or 1)


def test_a_refusal_too_is_one(live: Live, home: dict[str, Any]) -> None:
    heard = all_at_once(live, request_of(PREDICT, {**home, "zipcode": "x"}))
    hold_to_one_answer(heard, 422)
    assert logged(live, heard) == 1


def test_of_different_bodies_under_one_key_one_is_answered(
    live: Live, home: dict[str, Any]
) -> None:
    first = request_of(PREDICT, home)
    others = [json.dumps({**home, "yr_built": 1950 + n}).encode() for n in range(9)]
    requests = [first, *(replace(first, content=other) for other in others)]
    with ThreadPoolExecutor(10) as pool:
        heard = list(pool.map(lambda one: ask(connected(live), one), requests))
    assert sorted(one.status for one in heard) == [200] + [422] * 9
    assert logged(live, heard) == 1


def test_fifty_equal_files_are_one_batch(live: Live, homes: list[dict[str, str]]) -> None:
    folder = live.var / "batches"
    before = set(folder.iterdir()) if folder.exists() else set()
    name = secrets.token_hex(4)
    content = as_csv([{**row, "mark": name} for row in homes[:20]])
    heard = all_at_once(live, request_of("/api/batches/", content, "text/csv"))
    hold_to_one_answer(heard, 202)
    accepted = json.loads(heard[0].content)
    assert [path.name for path in set(folder.iterdir()) - before] == [accepted["id"]]
    with live.database() as database:
        ids = [one.request_id for one in heard]
        query = "SELECT count(*) FROM batches_batch WHERE request_id = ANY(%s)"
        assert database.execute(query, [ids]).fetchone() == (1,)
    path = accepted["links"]["self"]
    wait_until(lambda: live.get(path)[1]["finished_at"] is not None, 60)
    assert live.get(path)[1]["rows"] == {"total": 20, "done": 20, "failed": 0}


def test_fifty_equal_reports_are_one_outcome(live: Live, home: dict[str, Any], key: str) -> None:
    identity = live.post(PREDICT, home)[1]["id"]
    outcome = {"id": identity, "actual": 500_000, "date": "2026-05-01"}
    bearer = f"Bearer {key}"
    wait_until(lambda: is_known(live, bearer))
    heard = all_at_once(live, request_of("/api/outcomes/", outcome, Authorization=bearer))
    hold_to_one_answer(heard, 200)
    assert json.loads(heard[0].content)["recorded"] == 1
    with live.database() as database:
        query = (
            "SELECT count(*) FROM outcomes_outcomerevision r JOIN outcomes_outcome o "
            "ON o.id = r.outcome_id WHERE o.prediction_id = %s"
        )
        assert database.execute(query, [identity]).fetchone() == (1,)


def test_the_example_of_the_document_is_answered_twice_and_carried_out_once(live: Live) -> None:
    text = (settings.BASE_DIR / "docs" / "idempotency.md").read_text()
    (commands,) = re.findall(r"```sh\n(.*?)```", text, re.S)
    commands = commands.replace("http://127.0.0.1:8000", live.url)
    done = subprocess.run(["sh", "-euc", commands], capture_output=True, text=True, check=True)
    first, second = done.stdout.split("HTTP/1.1 200 OK")[1:]
    assert "Idempotency-Replayed: true" in second and "Idempotency-Replayed" not in first
    assert first.split("\n\n")[1] == second.split("\n\n")[1]


def is_known(live: Live, bearer: str) -> bool:
    """To every process, within a second."""
    connections = [connected(live) for _ in range(8)]
    statuses = set()
    for connection in connections:
        connection.request("GET", "/api/models/", headers={"Authorization": bearer})
        statuses.add(connection.getresponse().status)
        connection.close()
    return statuses == {200}


@contextmanager
def stuck(live: Live, request: Request) -> Iterator[tuple[psycopg.Connection[Any], list[Any]]]:
    """A request that has written its row, and cannot write its answer while this lasts."""
    came: list[Any] = []

    def send() -> None:
        try:
            came.append(ask(connected(live), request))
        except (OSError, http.client.HTTPException) as error:
            came.append(error)

    asker = threading.Thread(target=send)
    with live.database() as database, database.transaction():
        database.execute("LOCK TABLE idempotency_keptanswer IN SHARE MODE")
        asker.start()
        waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        wait_until(lambda: database.execute(waits).fetchone() is not None)
        yield database, came
        asker.join(30)
    assert not asker.is_alive()


def test_killed_in_the_middle_it_left_nothing_and_is_done_once(
    apart: Apart, home: dict[str, Any]
) -> None:
    live = apart.service
    request = request_of(PREDICT, {**home, "sqft_lot": 4242})
    with stuck(live, request) as (_, came):
        before = live.web_processes()
        for process in before:
            process.kill()
    assert isinstance(came[0], Exception)
    gone = {process.pid for process in before}
    wait_until(lambda: len({one.pid for one in live.web_processes()} - gone) == 2)
    wait_until(lambda: is_ready(live))
    heard = [ask(connected(live), request) for _ in range(2)]
    hold_to_one_answer(heard, 200)
    with live.database() as database:
        query = "SELECT count(*) FROM predictions_prediction WHERE request->>'sqft_lot' = '4242'"
        assert database.execute(query).fetchone() == (1,)


def is_ready(live: Live) -> bool:
    try:
        return live.get("/readyz")[0] == 200
    except OSError:
        return False


def test_the_database_lost_it_in_the_middle_and_it_is_done_once(
    apart: Apart, home: dict[str, Any]
) -> None:
    request = request_of(PREDICT, home)
    with stuck(apart.service, request) as (database, came):
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        )
        wait_until(lambda: bool(came))
    assert came[0].status == 503 and b'"database-unavailable"' in came[0].content
    heard = [ask(connected(apart.service), request) for _ in range(2)]
    hold_to_one_answer(heard, 200)
    assert logged(apart.service, [*came, *heard]) == 1


def test_after_a_restart_of_everything_the_answer_is_the_same(
    apart: Apart, home: dict[str, Any]
) -> None:
    request = request_of(PREDICT, home)
    before = ask(connected(apart.service), request)
    apart.service.process.kill()
    apart.service.process.wait()
    after = ask(connected(apart.start_again()), request)
    hold_to_one_answer([before, after], 200)
