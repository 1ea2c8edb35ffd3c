"""Clients with a key who ask a running service, and remember every answer."""

import hashlib
import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.live import Live

FAILED = 0
"""In place of a status: no answer came."""
ASK, LOOK = ("POST", "/api/predict/"), ("GET", "/api/version/")
"""Answered by the loop of a process's main thread, and by one of its other threads."""


@dataclass(frozen=True, slots=True)
class Answer:
    sent: float
    """`time.monotonic()`."""
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    def left(self) -> int:
        """As `RateLimit` says."""
        return int(self.headers["ratelimit"].split("r=")[1].split(";")[0])


def made_key(
    service: Live, *, per_minute: int | None = None, seconds: float = 3600, scope: str = "predict"
) -> str:
    """The secret of a key that is good for so long."""
    secret = f"vk_{secrets.token_urlsafe(32)}"
    with service.database() as database:
        database.execute(
            "INSERT INTO keys_apikey (name, prefix, digest, scopes, created_by, expires_at, "
            "per_minute) VALUES (%s, %s, %s, %s, 'test', now() + make_interval(secs => %s), %s)",
            [
                secret[3:13],
                secret[:9],
                hashlib.sha256(secret.encode()).hexdigest(),
                [scope],
                seconds,
                per_minute,
            ],
        )
    return secret


class Client:
    """One connection that is kept, and made anew when it was closed."""

    def __init__(self, service: Live, home: dict[str, Any], **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        self._headers = {"Content-Type": "application/json", **headers}
        self._home = json.dumps(home).encode()

    def ask(self, method: str, path: str) -> Answer:
        sent = time.monotonic()
        try:
            body = self._home if method == "POST" else None
            self._connection.request(method, path, body, self._headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return Answer(sent, FAILED, {}, b"")
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(sent, response.status, headers, content)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def ask_often(
    service: Live, home: dict[str, Any], secret: str, times: int, connections: int = 8
) -> list[Answer]:
    """From kept connections, half of whose clients ask the loop and half the threads."""

    def ask(number: int) -> list[Answer]:
        client = Client(service, home, **bearer(secret))
        what = ASK if number % 2 else LOOK
        return [client.ask(*what) for _ in range(number, times, connections)]

    with ThreadPoolExecutor(connections) as pool:
        return [answer for answers in pool.map(ask, range(connections)) for answer in answers]


class Load:
    """A context: clients that ask without a pause, until it ends."""

    def __init__(self, service: Live, home: dict[str, Any], **headers: str) -> None:
        self.answers: list[Answer] = []
        self._service, self._home, self._headers = service, home, headers
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(6)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)

    def is_there(self, wanted: Callable[[Answer], bool]) -> bool:
        return any(wanted(answer) for answer in list(self.answers))

    def _ask(self) -> None:
        client = Client(self._service, self._home, **self._headers)
        while not self._stopping.is_set():
            self.answers.append(client.ask(*ASK))
