"""Clients that ask without a pause and remember every reply: what tests and demonstrations count.

In Python, for facts (failures, versions, identities); requests per second are measured with wrk.
"""

import http.client
import json
import select
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

FAILED = 0
"""In place of a status: no answer came."""


@dataclass(frozen=True, slots=True)
class Reply:
    sent: float
    """`time.monotonic()`."""
    seconds: float
    status: int
    id: str
    version: int
    """0 unless it was answered."""


class Askers:
    """A context: threads that keep asking one of `addresses` (`host:port`) until it ends.

    With `every`, each thread asks once in so many seconds, as long as it is answered in time.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        home: dict[str, Any],
        *,
        connections: int = 16,
        every: float = 0.0,
    ) -> None:
        self.replies: list[Reply] = []
        self._every = every
        self._body = json.dumps(home).encode()
        self._stopping = threading.Event()
        self._arrived = threading.Condition()
        self._threads = [
            threading.Thread(target=self._ask, args=(addresses[n % len(addresses)],), daemon=True)
            for n in range(connections)
        ]

    def __enter__(self) -> "Askers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def wait_for(self, more: int, *, seconds: float = 60) -> None:
        """Until so many more replies have come."""
        with self._arrived:
            wanted = len(self.replies) + more
            if not self._arrived.wait_for(lambda: len(self.replies) >= wanted, seconds):
                raise TimeoutError(f"{len(self.replies)} replies, {wanted} were expected")

    def of_status(self, status: int) -> list[Reply]:
        return [reply for reply in self.replies if reply.status == status]

    def _ask(self, address: str) -> None:
        connection = http.client.HTTPConnection(address, timeout=30)
        while not self._stopping.is_set():
            if connection.sock is not None and select.select([connection.sock], [], [], 0)[0]:
                connection.close()  # the server closed it while it was idle, as it may
            sent = time.monotonic()
            status, body = self._post(connection)
            model = body.get("model") or {}
            reply = Reply(
                sent=sent,
                seconds=time.monotonic() - sent,
                status=status,
                id=body.get("id", ""),
                version=model.get("version", 0),
            )
            with self._arrived:
                self.replies.append(reply)
                self._arrived.notify_all()
            if self._every:
                self._stopping.wait(max(0.0, sent + self._every - time.monotonic()))
            if status == FAILED:
                connection.close()
                self._stopping.wait(0.05)  # nobody there: as fast as a loop can ask is no use
        connection.close()

    def _post(self, connection: http.client.HTTPConnection) -> tuple[int, dict[str, Any]]:
        try:
            connection.request(
                "POST", "/api/predict/", self._body, {"Content-Type": "application/json"}
            )
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            return FAILED, {}
