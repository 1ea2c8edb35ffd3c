"""Data that every request needs, kept by the processes that answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Reference(Generic[Value]):
    """Data that every request needs and that seldom changes.

    A web process keeps it and refreshes it when the database says that it changed; commands and
    tasks, which nobody tells, read it each time.
    """

    def __init__(self, read: Callable[[], Value]) -> None:
        self._read = read
        self._kept: Value | None = None

    def get(self) -> Value:
        kept = self._kept
        return self._read() if kept is None else kept

    def refresh(self) -> None:
        """Read anew, aside, and keep it: a request that took the former value goes on with it."""
        self._kept = self._read()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """For a command that asks many times: read once."""
        before = self._kept
        self.refresh()
        try:
            yield
        finally:
            self._kept = before
