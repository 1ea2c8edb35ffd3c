"""The two ways in which those wait who write to the log: in threads, and in a process's loop."""

import selectors
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from gunicorn.workers.gthread import PollableMethodQueue

from ops.loop import Loop
from predictions.waiting import Threads, Waiting

Item = TypeVar("Item")


class Way(Protocol):
    waiting: Waiting

    def outcomes(self, function: Callable[[Item], Any], items: Sequence[Item]) -> list[Any]:
        """What it returned or raised for each, all of them at the same time."""


class InThreads(Way):
    def __init__(self) -> None:
        self.waiting = Threads()

    def outcomes(self, function: Callable[[Item], Any], items: Sequence[Item]) -> list[Any]:
        with ThreadPoolExecutor(16) as pool:
            futures = [pool.submit(function, item) for item in items]
            return [future.exception(timeout=30) or future.result() for future in futures]


class InLoop(Way):
    def __init__(self) -> None:
        selector = selectors.DefaultSelector()
        calls = PollableMethodQueue()
        calls.init()
        selector.register(calls.fileno(), selectors.EVENT_READ, calls.run_callbacks)
        self.waiting = Loop(selector, calls.defer)

    def outcomes(self, function: Callable[[Item], Any], items: Sequence[Item]) -> list[Any]:
        found: dict[int, Any] = {}

        def run(number: int, item: Item) -> None:
            try:
                found[number] = function(item)
            except Exception as error:
                found[number] = error

        for number, item in enumerate(items):
            self.waiting.start(run, number, item)
        deadline = time.monotonic() + 30
        while len(found) < len(items):
            assert time.monotonic() < deadline, "it did not happen"
            self.waiting.run_once(1)
        return [found[number] for number in range(len(items))]


WAYS: dict[str, type[InThreads] | type[InLoop]] = {"threads": InThreads, "loop": InLoop}
