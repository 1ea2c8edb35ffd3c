"""How many clients may have threads to themselves while they send or take what is long."""

from collections import deque
from typing import Generic, TypeVar

One = TypeVar("One")


class Places(Generic[One]):
    """So many at a time; some others wait in their order. For one thread."""

    def __init__(self, count: int, *, most_waiting: int) -> None:
        self._free = count
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[float, One]] = deque()

    def take(self) -> bool:
        """Whether there was one."""
        if self._free:
            self._free -= 1
            return True
        return False

    def wait(self, one: One, until: float) -> bool:
        """For a place, until then (`time.monotonic()`); False if too many do already."""
        if len(self._waiting) >= self._most_waiting:
            return False
        self._waiting.append((until, one))
        return True

    def leave(self) -> One | None:
        """Who has the place from now on."""
        if self._waiting:
            return self._waiting.popleft()[1]
        self._free += 1
        return None

    def first(self) -> One | None:
        """Who has waited longest."""
        return self._waiting[0][1] if self._waiting else None

    def turn_away(self) -> One:
        """The first, who no longer waits."""
        return self._waiting.popleft()[1]

    def late(self, now: float) -> list[One]:
        """Who has waited too long, and no longer does."""
        found = []
        while self._waiting and self._waiting[0][0] <= now:
            found.append(self._waiting.popleft()[1])
        return found
