"""Clients that hold what they connect to: others are answered meanwhile."""

import io
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from benchmarks.hostile.holding import SLOW_STARTS, Holding
from benchmarks.hostile.wire import Attack, Line, request
from ops.pacing import BEGINNING_SECONDS, BYTES_PER_SECOND, PacedSocket, is_too_slow
from ops.places import Places
from tests.conftest import copy_of
from tests.live import START_SECONDS, Live, launch, wait_until

# Of each kind more than there are threads in both processes.
MANY = 20
FEW = 20


def status_of(live: Live, content: bytes) -> int:
    line = Line(live.port)
    status = line.ask(Attack("", "", content)).status
    line.close()
    return status


def test_it_works(live: Live, home: dict[str, Any]) -> None:
    """With seven times as many slow clients of all kinds as there are threads."""
    with Holding(live.port, idle=50, slow=MANY) as holding:
        assert len(holding.slow) == len(SLOW_STARTS)
        for _ in range(3):
            assert live.get("/readyz")[0] == 200
            assert live.post("/api/predict/", home)[0] == 200
            assert live.post("/api/predict/?include=comparables", home)[0] == 200
            assert status_of(live, request("GET", "/")) == 200


def test_headers_that_do_not_end_are_refused(live: Live) -> None:
    for content in (
        b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 15_000,
    ):
        assert status_of(live, content) == 431


@pytest.mark.parametrize("line", [b"1" * 100_000, b"1;" + b"a" * 100_000])
def test_a_line_of_a_chunk_that_does_not_end_is_not_gathered(live: Live, line: bytes) -> None:
    headers = {"Transfer-Encoding": "chunked", "Content-Type": "text/csv"}
    start = request("POST", "/api/batches/", headers=headers).replace(b"Content-Length: 0\r\n", b"")
    assert status_of(live, start + line) == 400


class CutOff(io.BytesIO):
    """As the server's, when nothing more comes in time."""

    def read(self, size: int | None = -1) -> bytes:
        raise TimeoutError("the body comes too slowly")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/predict/", "application/json"),
        ("/api/predict/bulk/", "application/json"),
        ("/admin/login/", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_does_not_come_is_a_408(api: Client, path: str, kind: str) -> None:
    sent: Any = {"wsgi.input": CutOff(), "CONTENT_LENGTH": "500", "CONTENT_TYPE": kind}
    response = api.generic("POST", path, **sent)
    assert response.status_code == 408
    assert response.json()["code"] == "request-timeout"


def test_some_pace_is_asked_for_after_a_beginning() -> None:
    now = time.monotonic()
    assert not is_too_slow(now - BEGINNING_SECONDS + 5, 0)
    assert is_too_slow(now - BEGINNING_SECONDS - 5, 4 * BYTES_PER_SECOND)
    assert not is_too_slow(now - BEGINNING_SECONDS - 5, 6 * BYTES_PER_SECOND)


def test_who_takes_nothing_is_let_go() -> None:
    ours, theirs = socket.socketpair()
    with PacedSocket(fileno=ours.detach()) as paced, theirs:
        paced.settimeout(0)  # as when the kernel's timeout has passed
        with pytest.raises(BrokenPipeError):
            paced.sendall(bytes(10_000_000))


def test_an_answer_that_is_taken_arrives_whole() -> None:
    content = bytes(range(256)) * 100
    ours, theirs = socket.socketpair()
    with PacedSocket(fileno=ours.detach()) as paced, theirs:
        assert paced.sendfile(io.BytesIO(content), offset=256, count=1000) == 1000
        paced.sendall(content)
        assert paced.sendfile(io.BytesIO(content), offset=100) == len(content) - 100
        paced.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: theirs.recv(65536), b""))
    assert received == content[256:1256] + content + content[100:]


def test_what_a_client_has_no_room_for_is_kept_and_sent_later() -> None:
    content = bytes(range(256)) * 8000
    ours, theirs = socket.socketpair()
    received = b""
    with PacedSocket(fileno=ours.detach()) as paced, theirs:
        for start in range(0, len(content), 500_000):
            paced.sendall(content[start : start + 500_000])
        assert 0 < len(paced.rest) < len(content)
        assert paced.taken_until() <= time.monotonic() + BEGINNING_SECONDS
        while paced.rest:
            received += theirs.recv(65536)
            paced.send_rest()
        paced.shutdown(socket.SHUT_WR)
        received += b"".join(iter(lambda: theirs.recv(65536), b""))
    assert received == content


def test_places_are_given_in_turn_and_not_waited_for_for_ever() -> None:
    places: Places[str] = Places(2, most_waiting=3)
    assert [places.take() for _ in range(3)] == [True, True, False]
    assert [places.wait(name, until=5.0) for name in "cdef"] == [True, True, True, False]
    assert places.leave() == "c"
    assert places.first() == places.turn_away() == "d"
    assert places.late(4.0) == []
    assert places.late(5.0) == ["e"]
    assert places.leave() is places.first() is None
    assert places.take()


@contextmanager
def with_few_connections(var: Path) -> Iterator[Live]:
    service = launch(var, GUNICORN_CMD_ARGS=f"--worker-connections {FEW}")
    assert service.ready.wait(START_SECONDS), service.text
    yield service
    service.stop()


def test_idle_connections_and_bodies_that_do_not_come_keep_nobody_out(
    started_before: Path, tmp_path: Path, home: dict[str, Any]
) -> None:
    """With many more of each than the service takes."""
    with with_few_connections(copy_of(started_before, tmp_path)) as service, ExitStack() as stack:
        for _ in range(6 * FEW):
            stack.enter_context(held(service))
        assert_others_are_answered(service, home)
        large = request("POST", "/api/predict/bulk/", headers={"Content-Length": "1900000"})
        begun = [stack.enter_context(held(service, large)) for _ in range(6 * FEW)]
        # All that both processes can hold have begun, and the first of them had to go.
        wait_until(lambda: sum(map(has_ended, begun)) >= 4 * FEW)
        assert_others_are_answered(service, home)
        assert {one.recv(12) for one in begun if has_ended(one)} <= {b"HTTP/1.1 503", b""}


def held(service: Live, beginning: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=10)
    connection.sendall(beginning)
    return connection


def has_ended(connection: socket.socket) -> bool:
    """Answered or closed, where an answer can only be a refusal."""
    return bool(select.select([connection], [], [], 0)[0])


def assert_others_are_answered(service: Live, home: dict[str, Any]) -> None:
    for _ in range(3):
        assert service.post("/api/predict/", home)[0] == 200
        assert service.get("/readyz")[0] == 200
        assert service.get("/livez")[0] == 200
