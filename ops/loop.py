"""One thread that runs many functions in turn: where one waits, the others go on.

Each function runs as a greenlet: it is written as if it had the thread for itself, and changes
places with the others only where it waits (`predictions.waiting`). So nothing is handed from thread
to thread, and nobody fights for the interpreter's lock.
"""

import selectors
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

Result = TypeVar("Result")

# How exactly deadlines are kept: who waits for a signal that never comes looks up so often.
SWEEP_SECONDS = 0.25


class Loop:
    """`run_once` on one thread; `start`, `signal` and the waiting on that same one.

    `selector` may watch other things too: the `data` of each key is called with its file object.
    `defer(function)` has another thread's function called on this one soon.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        defer: Callable[[Callable[[], None]], None],
    ) -> None:
        self._selector = selector
        self._defer = defer
        self._hub = getcurrent()
        self._woken: deque[_Signal] = deque()
        self._asleep: dict[_Signal, float] = {}
        self._next_sweep = 0.0
        self._calls = ThreadPoolExecutor(1, thread_name_prefix="loop-call")
        # Those that have ended their function, for the next: each has a stack of its own.
        self._idle: list[greenlet] = []

    def start(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run it until it waits for the first time. What it raises comes out where it goes on."""
        runner = self._idle.pop() if self._idle else greenlet(self._run, self._hub)
        runner.switch(function, arguments)

    def _run(self, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        while True:
            function(*arguments)
            self._idle.append(getcurrent())
            function, arguments = self._hub.switch()

    def is_inside(self) -> bool:
        """Whether the caller was started by this loop."""
        return getcurrent().parent is self._hub

    def run_once(self, seconds: float) -> None:
        """Wait for something to happen, at most so long; let everyone go on whom it concerns."""
        seconds = min(seconds, SWEEP_SECONDS) if self._asleep else seconds
        for key, _ in self._selector.select(0 if self._woken else seconds):
            key.data(key.fileobj)
        for _ in range(len(self._woken)):  # who is woken meanwhile has his turn after the next look
            self._woken.popleft().resume(in_time=True)
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_SECONDS
            for signal in [late for late, deadline in self._asleep.items() if deadline <= now]:
                signal.resume(in_time=False)

    # How those wait whom `start` started: predictions.waiting.

    def signal(self) -> "_Signal":
        return _Signal(self)

    def until_ready(self, descriptor: int, *, seconds: float, may_write: bool = False) -> bool:
        signal = _Signal(self)
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if may_write else 0)
        self._selector.register(descriptor, events, lambda _: signal.set())
        try:
            return signal.wait(seconds)
        finally:
            self._selector.unregister(descriptor)

    def for_others(self) -> None:
        signal = _Signal(self)
        signal.set()
        self._sleep(signal, SWEEP_SECONDS)

    def for_call(self, function: Callable[[], Result]) -> Result:
        signal = _Signal(self)
        future = self._calls.submit(function)
        future.add_done_callback(lambda done: self._defer(signal.set))
        while not signal.wait(60):
            pass
        return future.result()

    def _sleep(self, signal: "_Signal", seconds: float) -> bool:
        signal.sleeper = getcurrent()
        self._asleep[signal] = time.monotonic() + seconds
        try:
            return bool(self._hub.switch())
        finally:
            del self._asleep[signal]
            signal.sleeper = None

    def _wake(self, signal: "_Signal") -> None:
        self._woken.append(signal)


class _Signal:
    __slots__ = ("_is_set", "_loop", "sleeper")

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._is_set = False
        self.sleeper: greenlet | None = None

    def wait(self, seconds: float) -> bool:
        return self._is_set or self._loop._sleep(self, seconds)

    def set(self) -> None:
        if not self._is_set:
            self._is_set = True
            self._loop._wake(self)

    def resume(self, *, in_time: bool) -> None:
        """By the loop. Who has not begun to wait, or has given up, is not there to be resumed."""
        if self.sleeper is not None:
            self.sleeper.switch(in_time)
