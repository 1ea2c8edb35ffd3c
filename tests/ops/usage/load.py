"""A load generator that knows what it was answered, and what the service says that it answered."""

import http.client
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from tests.live import Live

Answered = Counter[tuple[str, str, int]]
"""By method, route and status."""


@dataclass(frozen=True, slots=True)
class Sent:
    method: str
    path: str
    body: bytes = b""
    route: str = ""
    """that it is counted under, if it is not the path"""


@dataclass
class Client:
    """Sends over several connections; `answered` has every answer that came whole."""

    service: Live
    answered: Answered = field(default_factory=Counter)
    unanswered: Answered = field(default_factory=Counter)
    """sent on a connection that then broke; the status is 0"""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, requests: Sequence[Sent], *, connections: int) -> None:
        threads = [
            threading.Thread(target=self._send, args=[requests[n::connections]])
            for n in range(connections)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def get(self, path: str) -> bytes:
        connection = self._connection()
        connection.request("GET", path)
        response = connection.getresponse()
        content = response.read()
        assert response.status == 200, content
        self.answered["GET", path.partition("?")[0], 200] += 1
        return content

    def _send(self, requests: Sequence[Sent]) -> None:
        connection = self._connection()
        for sent in requests:
            method = "(other)" if sent.method == "FOO" else sent.method
            route = sent.route or sent.path
            headers = {"Content-Type": "application/json"} if sent.body else {}
            try:
                connection.request(sent.method, sent.path, sent.body or None, headers)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = self._connection()
                with self._lock:
                    self.unanswered[method, route, 0] += 1
            else:
                with self._lock:
                    self.answered[method, route, response.status] += 1
        connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=30)


def exposed(text: str) -> tuple[Answered, Counter[str]]:
    """Requests by method, route and status, and durations by route, of /metrics."""
    requests: Answered = Counter()
    durations: Counter[str] = Counter()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = sample.labels
            if sample.name == "housing_requests_total":
                key = labels["method"], labels["route"], int(labels["status"])
                requests[key] = int(sample.value)
            elif sample.name == "housing_request_duration_seconds_count":
                durations[labels["route"]] = int(sample.value)
    return requests, durations
