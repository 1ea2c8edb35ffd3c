"""Answers longer than a connection has room for, whose clients take them late or never."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psutil
import pytest

from benchmarks.hostile.wire import request
from ops.connections import MOST_UNSENT
from tests.live import Live, wait_until
from tests.ops.test_worker import Client, question

# More than all threads of both processes.
MANY = 20
SCRIPT = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
LIST = 400


class Deaf(Client):
    """It has hardly room for what it asked for, and reads only when told to."""

    def __init__(self, live: Live) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(15)  # a thread would wait longer
        self.socket.connect(("127.0.0.1", live.port))
        self._received = b""

    def has_begun(self) -> bool:
        """Whether something of an answer is here; waits for it."""
        return bool(self.socket.recv(1, socket.MSG_PEEK))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def deaf(live: Live, stack: ExitStack, content: bytes) -> Deaf:
    client = Deaf(live)
    stack.callback(client.socket.close)
    client.send(content)
    return client


def test_it_works(live: Live, stack: ExitStack, home: dict[str, Any]) -> None:
    """Small lists with long answers: no thread waits for their clients, and they come whole."""
    asked = request("POST", "/api/predict/bulk/", json.dumps([{}] * LIST).encode())
    assert len(asked) < 4_000
    asking = [deaf(live, stack, asked) for _ in range(MANY)]
    assert all(client.has_begun() for client in asking)
    assert live.get("/livez")[0] == 200
    assert live.post("/api/predict/?include=comparables", home)[0] == 200
    assert live.post("/api/predict/", home)[0] == 200
    for client in (asking[0], asking[-1]):
        client.send(question(home))  # on the same connection, behind the answer that waits
        status, _, body = client.answer()
        assert status == 200 and len(body) > 500_000
        assert len(json.loads(body)["results"]) == LIST
        assert client.answer()[0] == 200


def test_files_come_whole_and_to_their_end(live: Live, stack: ExitStack) -> None:
    first, second, closing = (
        deaf(live, stack, request("GET", SCRIPT, headers={"Connection": kind}))
        for kind in ("keep-alive", "keep-alive", "close")
    )
    assert first.has_begun() and second.has_begun() and closing.has_begun()
    assert live.get("/livez")[0] == 200
    bodies = [client.answer()[2] for client in (second, closing, first)]
    assert len(bodies[0]) > 1_000_000
    assert bodies[0] == bodies[1] == bodies[2]
    assert closing.is_closed()


def test_unread_answers_do_not_fill_the_memory(live: Live, stack: ExitStack) -> None:
    """The connections of those that wait longest are closed."""
    size = len(deaf(live, stack, request("GET", SCRIPT)).answer()[2])
    most = 2 * MOST_UNSENT // (size - 600_000)  # in both processes; the kernel holds some
    asking = [deaf(live, stack, request("GET", SCRIPT)) for _ in range(most + 20)]
    assert all(client.has_begun() for client in asking)
    wait_until(lambda: connections(live) < len(asking))
    assert live.get("/livez")[0] == 200
    asking[-1].answer()
    with pytest.raises((AssertionError, ConnectionResetError)):
        asking[0].answer()


def connections(live: Live) -> int:
    """Open ones of all web processes."""
    return sum(
        it.status == psutil.CONN_ESTABLISHED and it.laddr.port == live.port
        for process in live.web_processes()
        for it in process.net_connections("tcp4")
    )
