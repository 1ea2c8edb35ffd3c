"""Whether the index of `created_at` makes an INSERT dearer; in a process of Django.

Processor time of the database, for rows per second follow the disk and whoever shares the machine.
"""

import statistics
from dataclasses import replace

import psycopg
import uuid_utils

from benchmarks.audit.measuring import say
from benchmarks.audit.pattern import row_like
from benchmarks.operating.processor import backend_seconds
from predictions.audit import FORMATS, TYPES, AuditRow, insert_statement

ROWS = 10_000


def main(*, indexed: str, plain: str, pattern: str, turns: int) -> None:
    row = row_like(pattern)
    logs = {"with": Log(indexed), "without": Log(plain)}
    for log in logs.values():
        log.write(row)
    found: dict[str, list[float]] = {name: [] for name in logs}
    for turn in range(turns):
        for name in sorted(logs, reverse=turn % 2 == 0):
            found[name].append(logs[name].write(row))
    for name, times in found.items():
        values = ", ".join(f"{value:.0f}" for value in times)
        say(f"a row {name:7} the index: median {statistics.median(times):.0f} µs ({values})")


class Log:
    """One log and a connection that writes a row at a time, and does not wait for the disk."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(
            url, autocommit=True, options="-c synchronous_commit=off"
        )
        self._wire = self._connection.pgconn
        self._wire.prepare(b"insert", insert_statement(1), TYPES)

    def write(self, row: AuditRow) -> float:
        """Microseconds of the database's processor time for a row."""
        before = self._seconds()
        for _ in range(ROWS):
            made = replace(row, id=uuid_utils.uuid7().bytes, request_id=uuid_utils.uuid7().hex)
            self._wire.exec_prepared(b"insert", made.parameters(), FORMATS)
        return (self._seconds() - before) / ROWS * 1e6

    def _seconds(self) -> float:
        return backend_seconds(self._connection.info.backend_pid)
