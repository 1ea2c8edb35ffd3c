"""Raw HTTP, as attackers write it: nothing here corrects what is sent."""

import socket
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

JSON = "application/json"
CLOSED = 0
"""In place of a status: the connection was closed without an answer."""
PATIENCE = 30.0
"""Seconds without an answer, after which it counts as SILENT."""
SILENT = -1


@dataclass(frozen=True, slots=True)
class Attack:
    category: str
    name: str
    content: bytes
    """The whole request, as it goes over the wire."""
    answers: int = 1
    """The most that may come back: more, and what was one request was taken for two."""


@dataclass(frozen=True, slots=True)
class Answer:
    attack: Attack
    status: int
    head: bytes
    body: bytes
    seconds: float
    more: bytes = b""
    """What came behind the answer before the connection was closed."""


def request(
    method: str,
    target: str | bytes,
    body: bytes = b"",
    headers: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """With Host, and with Content-Length where there is a body, unless `headers` say them."""
    lines: dict[str, str | bytes] = {"Host": "127.0.0.1", **(headers or {})}
    if body or method == "POST":
        lines.setdefault("Content-Type", JSON)
        lines.setdefault("Content-Length", str(len(body)))
    head = b"".join(
        name.encode() + b": " + _bytes(value) + b"\r\n" for name, value in lines.items()
    )
    return method.encode() + b" " + _bytes(target) + b" HTTP/1.1\r\n" + head + b"\r\n" + body


def with_header(attack: Attack, name: str, value: str) -> Attack:
    """The same by somebody who shows this: right behind the request line."""
    line, end, rest = attack.content.partition(b"\r\n")
    if not end:
        return attack
    content = line + end + f"{name}: {value}\r\n".encode() + rest
    return Attack(attack.category, attack.name, content, attack.answers)


def as_path(text: str) -> str:
    """One segment of a path, which is still what it was for who decodes it."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def send_all(
    port: int, attacks: Iterable[Attack], *, connections: int = 8, patience: float = PATIENCE
) -> list[Answer]:
    """Each once; a connection is used on as long as the service keeps it."""
    attacks = list(attacks)
    parts = [attacks[place::connections] for place in range(connections)]
    with ThreadPoolExecutor(connections) as pool:
        found = pool.map(lambda part: _send_some(port, part, patience), parts)
        return [answer for answers in found for answer in answers]


def _send_some(port: int, attacks: list[Attack], patience: float) -> list[Answer]:
    answers = []
    line = Line(port, patience)
    for attack in attacks:
        was_used = line.was_used
        answer = line.ask(attack)
        if answer.status == CLOSED and was_used:
            # Perhaps it was closed behind the one before: this one gets a connection of its own.
            line = Line(port, patience)
            answer = line.ask(attack)
        answers.append(answer)
        if not line.is_open:
            line = Line(port, patience)
    line.close()
    return answers


class Line:
    """One connection."""

    def __init__(self, port: int, patience: float = PATIENCE) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self.is_open = True
        self.was_used = False

    def ask(self, attack: Attack) -> Answer:
        began = time.monotonic()
        status, head, body = SILENT, b"", b""
        try:
            self._send(attack.content)
            head, body = self._answer(is_head=attack.content.startswith(b"HEAD "))
            status = int(head.split(b" ", 2)[1])
            while status == 100:
                head, body = self._answer()
                status = int(head.split(b" ", 2)[1])
        except TimeoutError:
            self.close()
        except (OSError, EOFError):
            status = CLOSED
            self.close()
        more = b""
        if self.is_open and b"connection: close" in head.lower():
            more = self._rest()
            self.close()
        elif self.is_open and self._received:
            more, self._received = self._received, b""
            self.close()
        self.was_used = self.is_open
        return Answer(attack, status, head, body, time.monotonic() - began, more)

    def close(self) -> None:
        self.is_open = False
        self._socket.close()

    def _send(self, content: bytes) -> None:
        # Refused before its end, the answer may be there.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(content)

    def _answer(self, *, is_head: bool = False) -> tuple[bytes, bytes]:
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        if is_head:
            return head, b""
        fields = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
        said = {name.strip(): value.strip() for name, _, value in fields}
        if b"chunked" in said.get(b"transfer-encoding", b""):
            while not self._received.endswith(b"0\r\n\r\n"):
                self._receive()
            body, self._received = self._received, b""
            return head, body
        length = int(said.get(b"content-length", 0))
        while len(self._received) < length:
            self._receive()
        body, self._received = self._received[:length], self._received[length:]
        return head, body

    def _receive(self) -> None:
        received = self._socket.recv(65536)
        if not received:
            raise EOFError
        self._received += received

    def _rest(self) -> bytes:
        try:
            self._socket.shutdown(socket.SHUT_WR)
            while True:
                self._receive()
        except (OSError, EOFError):
            return self._received


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
