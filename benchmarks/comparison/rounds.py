"""Start targets, load them in turns, keep what wrk saw and what went wrong."""

import contextlib
from collections.abc import Callable
from typing import Protocol

import psutil

from benchmarks.comparison import load
from benchmarks.comparison.load import CannotMeasure, Load

CONNECTIONS = (1, 16)
WARM_UP_SECONDS = 2
# Of the whole machine; what other servers, or other people, still do would be billed to the next.
QUIET_PERCENT = 10.0
QUIET_WITHIN_SECONDS = 30


class Server(Protocol):
    def start(self) -> tuple[str, bytes]:
        """URL and body of the request."""

    def stop(self) -> None: ...

    def version(self) -> str: ...


class Comparison:
    def __init__(self, seconds: int, rounds: int, say: Callable[[str], None]) -> None:
        self._seconds = seconds
        self._rounds = rounds
        self._say = say
        self._targets: dict[str, tuple[str, bytes]] = {}
        self._answers_of_ours = 0
        self.loads: dict[tuple[str, int], list[Load]] = {}
        self.remarks: list[str] = []
        self.failures: list[str] = []

    def add(
        self, name: str, server: Server, stack: contextlib.ExitStack, *, measured: bool = True
    ) -> None:
        """Start it; a peer that does not start is reported, and the others are measured."""
        stack.callback(server.stop)
        try:
            target = server.start()
            self._say(f"{name}: {server.version()}")
        except CannotMeasure as error:
            if name == "ours":
                raise
            self.failures.append(f"!! {error}")
        else:
            if measured:
                self._targets[name] = target

    def measure(self) -> None:
        """Every other round goes backwards: no target always follows the same neighbour."""
        for number in range(self._rounds):
            names = list(self._targets)
            for name in names if number % 2 == 0 else reversed(names):
                for connections in CONNECTIONS:
                    self._measure(name, connections)

    def check_audit(self, rows: int) -> None:
        """Every answer that wrk counted has its row; so may what was under way at a cut-off."""
        answers = self._answers_of_ours
        self.remarks.append(f"audit of ours: {rows:,} rows for {answers:,} counted answers")
        if rows < answers:
            self.failures.append(f"!! ours answered {answers - rows:,} times without an audit row")

    def _measure(self, name: str, connections: int) -> None:
        url, body = self._targets[name]
        if busy := _not_quiet():
            self.remarks.append(f"!! {name}, {connections} connections: {busy}")
        for seconds in (WARM_UP_SECONDS, self._seconds):
            try:
                seen = load.run(url, body, connections=connections, seconds=seconds)
            except CannotMeasure as error:
                self.failures.append(f"!! {name}, {connections} connections: {error}")
                return
            if name == "ours":
                self._answers_of_ours += seen.requests - seen.refused
        if seen.errors:
            self.failures.append(f"!! {name}, {connections} connections: {seen.errors} errors")
        self.loads.setdefault((name, connections), []).append(seen)


def _not_quiet() -> str:
    """Wait until the machine does nothing else; empty once it does."""
    busy = 100.0
    for _ in range(QUIET_WITHIN_SECONDS):
        busy = psutil.cpu_percent(interval=1)
        if busy < QUIET_PERCENT:
            return ""
    return f"measured on a busy machine ({busy:.0f} % before the start)"
