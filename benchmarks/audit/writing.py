"""Rows per second through the service's own writer, from as many threads as a web process has."""

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import uuid_utils

from benchmarks.audit.databases import Databases, parameters
from predictions.audit import AuditRow
from predictions.writer import AuditWriter

THREADS = 8
WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Rows/s, a figure for each round."""

    empty: list[float]
    full: list[float]

    @property
    def ratio(self) -> float:
        """Of the medians, full to empty."""
        return statistics.median(self.full) / statistics.median(self.empty)


def compare(
    *,
    databases: Databases,
    full: str,
    row: AuditRow,
    new_request_id: Callable[[], str],
    seconds: float,
    rounds: int,
) -> Rates:
    """By turns, so that whatever else the machine does is shared; every other round backwards."""
    rates = Rates([], [])
    for number in range(rounds):
        # Anew, or it would not be empty.
        empty = databases.make("empty", template="prepared")
        runs = [(empty, rates.empty), (full, rates.full)]
        for url, measured in runs if number % 2 == 0 else reversed(runs):
            databases.settle()
            measured.append(rate(url, row, new_request_id, seconds))
        databases.drop("empty")
    return rates


def rate(url: str, row: AuditRow, new_request_id: Callable[[], str], seconds: float) -> float:
    writer = AuditWriter(parameters(url), WAIT_SECONDS)

    def write(until: float) -> int:
        count = 0
        while time.monotonic() < until:
            mine = replace(row, id=uuid_utils.uuid7().bytes, request_id=new_request_id())
            writer.write(mine.parameters())
            count += 1
        return count

    def together(length: float) -> int:
        counts: list[int] = []
        until = time.monotonic() + length
        threads = [
            threading.Thread(target=lambda: counts.append(write(until))) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(counts) != THREADS:
            raise RuntimeError("a row was not written")
        return sum(counts)

    together(1.0)
    began = time.monotonic()
    return together(seconds) / (time.monotonic() - began)
