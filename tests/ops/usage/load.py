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

    def send(self, requests: Sequence[Sent], *, connections: int) -> None:
        parts = [requests[n::connections] for n in range(connections)]
        found: list[Answered] = []
        threads = [
            threading.Thread(target=lambda part=part: found.append(self._send(part)))
            for part in parts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == connections, "a connection broke"
        for one in found:
            self.answered.update(one)

    def get(self, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=30)
        connection.request("GET", path)
        response = connection.getresponse()
        content = response.read()
        assert response.status == 200, content
        self.answered["GET", path.partition("?")[0], 200] += 1
        return content

    def _send(self, requests: Sequence[Sent]) -> Answered:
        answered: Answered = Counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=30)
        for sent in requests:
            headers = {"Content-Type": "application/json"} if sent.body else {}
            connection.request(sent.method, sent.path, sent.body or None, headers)
            response = connection.getresponse()
            response.read()
            method = "(other)" if sent.method == "FOO" else sent.method
            answered[method, sent.route or sent.path, response.status] += 1
        connection.close()
        return answered


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
