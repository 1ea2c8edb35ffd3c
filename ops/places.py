"""How many clients may have threads to themselves while they send or take what is long."""

from collections import deque
from typing import Generic, TypeVar

One = TypeVar("One")


class Places(Generic[One]):
    """So many at a time; the others wait in their order. For one thread."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[tuple[float, One]] = deque()

    def take(self, one: One, until: float) -> bool:
        """Whether it has a place. If not, it waits for one until then (`time.monotonic()`)."""
        if self._free:
            self._free -= 1
            return True
        self._waiting.append((until, one))
        return False

    def leave(self) -> One | None:
        """Who has the place from now on."""
        if self._waiting:
            return self._waiting.popleft()[1]
        self._free += 1
        return None

    def late(self, now: float) -> list[One]:
        """Who has waited too long, and no longer does."""
        found = []
        while self._waiting and self._waiting[0][0] <= now:
            found.append(self._waiting.popleft()[1])
        return found
