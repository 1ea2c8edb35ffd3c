"""What clients do to connections, against the product's own gunicorn: raw sockets."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psutil
import pytest

from tests.live import Live, wait_until

# More than all threads of both processes.
MANY = 64


class Client:
    def __init__(self, live: Live) -> None:
        self.socket = socket.create_connection(("127.0.0.1", live.port), timeout=30)
        self._received = b""

    def send(self, content: bytes) -> None:
        self.socket.sendall(content)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next response."""
        head = self._until(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(self._received) < length:
            self._receive()
        body, self._received = self._received[:length], self._received[length:]
        return int(first.split()[1]), headers, body

    def is_closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _until(self, end: bytes) -> bytes:
        while end not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(end)
        return head

    def _receive(self) -> None:
        received = self.socket.recv(65536)
        assert received, "the server closed the connection"
        self._received += received


@pytest.fixture
def client(live: Live) -> Iterator[Client]:
    client = Client(live)
    yield client
    client.socket.close()


def question(home: dict[str, Any], **headers: str) -> bytes:
    body = json.dumps(home).encode()
    lines = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /api/predict/ HTTP/1.1\r\n{head}\r\n".encode() + body


def test_it_works(client: Client, home: dict[str, Any]) -> None:
    """One connection, question after question."""
    for number in range(3):
        client.send(question(home, X_Request_ID=f"works-{number}"))
        status, headers, body = client.answer()
        assert (status, headers["x-request-id"]) == (200, f"works-{number}")
        assert json.loads(body)["prediction"] > 0


@pytest.mark.parametrize("size", [1, 7, 200])
def test_a_question_in_pieces_is_answered(client: Client, home: dict[str, Any], size: int) -> None:
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    content = question(home)
    for start in range(0, len(content), size):
        client.send(content[start : start + size])
    assert client.answer()[0] == 200


def test_questions_sent_without_waiting_are_answered_in_their_order(
    client: Client, home: dict[str, Any]
) -> None:
    asked = [f"ahead-{number}" for number in range(20)]
    client.send(b"".join(question(home, X_Request_ID=name) for name in asked))
    assert [client.answer()[1]["x-request-id"] for _ in asked] == asked


def test_who_sends_ahead_and_then_no_more_is_answered_too(
    client: Client, home: dict[str, Any]
) -> None:
    client.send(question(home) * 3)
    client.socket.shutdown(socket.SHUT_WR)
    assert [client.answer()[0] for _ in range(3)] == [200] * 3
    assert client.is_closed()


def test_between_questions_other_requests_have_their_place(
    client: Client, home: dict[str, Any]
) -> None:
    page = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    client.send(question(home) + page + question(home) + page)
    bodies = [client.answer()[2] for _ in range(4)]
    assert [b"prediction" in body for body in bodies] == [True, False, True, False]


def test_questions_with_a_query_keep_their_place_too(client: Client, home: dict[str, Any]) -> None:
    """A thread answers them, and the main thread those before and after."""
    asked = question(home)
    more = asked.replace(b"/api/predict/", b"/api/predict/?include=interval,comparables", 1)
    client.send(asked + more + more + asked)
    bodies = [json.loads(client.answer()[2]) for _ in range(4)]
    assert ["comparables" in body for body in bodies] == [False, True, True, False]


def test_a_refused_question_leaves_the_connection_as_good_as_before(
    client: Client, home: dict[str, Any]
) -> None:
    for content, expected in (
        (question(home | {"bedrooms": "many"}), 422),
        (question(home, Content_Type="text/plain"), 415),
        (question(home), 200),
    ):
        client.send(content)
        assert client.answer()[0] == expected


def test_who_says_that_the_connection_ends_gets_the_answer_and_the_end(
    client: Client, home: dict[str, Any]
) -> None:
    client.send(question(home, Connection="close"))
    status, headers, _ = client.answer()
    assert (status, headers["connection"]) == (200, "close")
    assert client.is_closed()


def test_what_is_no_http_is_refused(client: Client) -> None:
    client.send(b"anything\r\n\r\n")
    assert client.answer()[0] == 400
    assert client.is_closed()


def test_who_shows_two_authorizations_is_refused(client: Client, home: dict[str, Any]) -> None:
    """Each who reads them could take another for the one that counts (RFC 9110, 11.6.2)."""
    password = question(home, Authorization="Basic YWRtaW46eHg=")
    client.send(password.replace(b"\r\n\r\n", b"\r\nAuthorization: Bearer a\r\n\r\n", 1))
    assert client.answer()[0] == 400
    assert client.is_closed()


def test_chunks_are_refused_and_expecting_is_answered(
    client: Client, live: Live, home: dict[str, Any]
) -> None:
    head = b"POST /api/predict/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    client.send(head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
    assert client.answer()[0] == 411
    other = Client(live)
    head, _, body = question(home, Expect="100-continue").partition(b"\r\n\r\n")
    other.send(head + b"\r\n\r\n")
    assert other.answer()[0] == 100
    other.send(body)
    assert other.answer()[0] == 200


def test_who_hangs_up_while_asking_disturbs_nobody(live: Live, home: dict[str, Any]) -> None:
    for _ in range(50):
        gone = Client(live)
        gone.send(question(home))
        gone.socket.close()
    assert live.post("/api/predict/", home)[0] == 200


@pytest.mark.parametrize("beginning", [b"G", b"GET / HTTP/1.1\r\nHost: 127", b"POST /api/pre"])
def test_those_who_send_slowly_keep_nobody_from_being_answered(
    live: Live, home: dict[str, Any], beginning: bytes
) -> None:
    with ExitStack() as stack:
        for _ in range(MANY):
            slow = Client(live)
            stack.callback(slow.socket.close)
            slow.send(beginning)
        assert live.get("/livez")[0] == 200
        assert live.post("/api/predict/", home)[0] == 200


def test_who_does_not_read_answers_keeps_nobody_from_being_answered(
    live: Live, home: dict[str, Any]
) -> None:
    deaf = Client(live)
    deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.socket.settimeout(0.5)
    content = question(home) * 50
    asked = 0
    with pytest.raises(TimeoutError):  # until neither side has room for more
        while asked < 1_000_000:
            asked += 50
            deaf.send(content)
    for _ in range(20):
        assert live.post("/api/predict/", home)[0] == 200
    deaf.socket.close()


def test_a_long_answer_that_is_not_read_keeps_nobody_from_being_answered(
    live: Live, home: dict[str, Any]
) -> None:
    # Each name is repeated in the answer, with what is wrong with it: twice as long as it came.
    faulty = {"\x01" * 24 + f"{number:03}": 0 for number in range(400)}
    asked = question(faulty)
    assert 50_000 < len(asked) < 65_536
    with ExitStack() as stack:
        for _ in range(4):
            deaf = socket.socket()
            stack.callback(deaf.close)
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
            deaf.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            deaf.connect(("127.0.0.1", live.port))
            deaf.settimeout(5)
            for _ in range(3):  # the first has room; those behind it wait for its reader
                deaf.sendall(asked)
        for _ in range(20):
            assert live.post("/api/predict/", home)[0] == 200


def test_all_who_ask_at_once_are_answered(live: Live, home: dict[str, Any]) -> None:
    answers = []

    def ask() -> None:
        client = Client(live)
        for _ in range(20):
            client.send(question(home))
            answers.append(client.answer()[0])

    threads = [threading.Thread(target=ask) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [200] * (20 * MANY)


def test_connections_that_are_kept_are_spread_over_the_processes(
    live: Live, home: dict[str, Any]
) -> None:
    def connections(process: psutil.Process) -> int:
        here = [it for it in process.net_connections("tcp4") if it.status == "ESTABLISHED"]
        return sum(bool(it.laddr) and it.laddr.port == live.port for it in here)

    workers = live.web_processes()
    wait_until(lambda: not any(map(connections, workers)))
    with ExitStack() as stack:
        for _ in range(20):
            kept = Client(live)
            stack.callback(kept.socket.close)
            kept.send(question(home))
            assert kept.answer()[0] == 200
        few, many = sorted(map(connections, workers))
    assert few + many == 20
    assert few >= 5, "one process answers for both"


def test_waiting_for_the_end_of_a_connection_holds_nobody(live: Live, home: dict[str, Any]) -> None:
    with ExitStack() as stack:
        for _ in range(MANY):
            lingering = Client(live)
            stack.callback(lingering.socket.close)
            lingering.send(question(home, Connection="close"))
            assert lingering.answer()[0] == 200
        # Each of the many could have held a thread, or everything, for two seconds.
        assert live.get("/livez")[0] == 200
        assert live.post("/api/predict/", home)[0] == 200
