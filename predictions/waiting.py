"""How code that writes the log waits: its thread sleeps, or the others of its loop go on.

The writer and its link are written once, as if they had a thread for themselves; who runs them
says what waiting means.
"""

import select
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Signal(Protocol):
    """For one who waits and one who knows."""

    def wait(self, seconds: float) -> bool:
        """True once `set` was called; False after so many seconds."""

    def set(self) -> None: ...


class Waiting(Protocol):
    def signal(self) -> Signal: ...

    def until_ready(self, descriptor: int, *, seconds: float, may_write: bool = False) -> bool:
        """Whether something can be read (or written, if that is of use) within so many seconds."""

    def for_others(self) -> None:
        """Let those who are about to do the same catch up, if that costs nothing."""

    def for_call(self, function: Callable[[], Result]) -> Result:
        """The result of what itself knows no other way to wait than to hold its thread."""


class Threads:
    """Each request has a thread."""

    def signal(self) -> "_ThreadSignal":
        return _ThreadSignal()

    def until_ready(self, descriptor: int, *, seconds: float, may_write: bool = False) -> bool:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN | (select.POLLOUT if may_write else 0))
        return bool(poll.poll(seconds * 1000))

    def for_others(self) -> None:
        """Threads need no telling."""

    def for_call(self, function: Callable[[], Result]) -> Result:
        return function()


class _ThreadSignal:
    """As `threading.Event`, for one waiter, in a tenth of the time."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def wait(self, seconds: float) -> bool:
        return self._lock.acquire(timeout=seconds)

    def set(self) -> None:
        self._lock.release()
