"""Whoever teaches, over HTTP, while others ask."""

import http.client
import json
import threading
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.comparison.product import Product
from benchmarks.teaching.lessons import Second, lesson


@dataclass(frozen=True, slots=True)
class Training:
    seconds: float
    """From asking to the answer."""
    status: int
    answer: dict[str, Any]


class Teacher:
    """A context: sends these lessons, one in so many seconds, or at once if it is late."""

    def __init__(
        self, product: Product, key: str, seconds: list[Second], numbers: range, *, every: float
    ) -> None:
        self.trainings: list[Training] = []
        self._address = product.address
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        # Made before: the client shall not keep a processor busy meanwhile.
        self._lessons = [lesson(seconds, number) for number in numbers]
        self._every = every
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Teacher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=30)
        start = time.monotonic()
        for number, body in enumerate(self._lessons):
            time.sleep(max(0.0, start + number * self._every - time.monotonic()))
            sent = time.monotonic()
            connection.request("POST", "/api/bitcoin/train/", body, self._headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
            self.trainings.append(Training(time.monotonic() - sent, response.status, answer))
        connection.close()
