"""Rows per second through the service's own writer, from as many threads as wait in a process."""

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import uuid_utils

from benchmarks.audit.databases import Databases, parameters
from predictions.audit import AuditRow
from predictions.writer import AuditWriter

THREADS = 8
WAIT_SECONDS = 10.0
SLICE_SECONDS = 1.0


@dataclass(slots=True)
class Rates:
    """Rows/s in slices of a second; slices of one number were taken right after each other."""

    empty: list[float] = field(default_factory=list)
    full: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Full to empty: the median of the pairs, which a moment's load of the machine shares."""
        return statistics.median(
            full / empty for full, empty in zip(self.full, self.empty, strict=True)
        )


def compare(
    *,
    databases: Databases,
    full: str,
    row: AuditRow,
    new_request_id: Callable[[], str],
    seconds: int,
    rounds: int,
) -> Rates:
    """By turns, every other pair backwards; the empty log is made anew for each round."""
    rates = Rates()
    for _ in range(rounds):
        empty = databases.make("empty", template="prepared")
        logs = [
            (Log(empty, row, new_request_id), rates.empty),
            (Log(full, row, new_request_id), rates.full),
        ]
        databases.settle()
        for log, _ in logs:
            log.rows_per_second()  # connects and prepares
        for _ in range(seconds):
            for log, measured in logs:
                measured.append(log.rows_per_second())
            logs.reverse()
        databases.drop("empty")
    return rates


class Log:
    """One log and its writer."""

    def __init__(self, url: str, row: AuditRow, new_request_id: Callable[[], str]) -> None:
        self._writer = AuditWriter(parameters(url), WAIT_SECONDS)
        self._row = row
        self._new_request_id = new_request_id

    def rows_per_second(self) -> float:
        counts: list[int] = []
        began = time.monotonic()
        until = began + SLICE_SECONDS
        threads = [
            threading.Thread(target=lambda: counts.append(self._write(until)))
            for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(counts) != THREADS:
            raise RuntimeError("a row was not written")
        return sum(counts) / (time.monotonic() - began)

    def _write(self, until: float) -> int:
        count = 0
        while time.monotonic() < until:
            identity = uuid_utils.uuid7().bytes
            mine = replace(self._row, id=identity, request_id=self._new_request_id())
            self._writer.write(mine.parameters())
            count += 1
        return count
