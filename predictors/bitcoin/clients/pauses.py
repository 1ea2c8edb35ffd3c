"""How long to wait before the next attempt."""

import random


class Backoff:
    """Each pause about twice as long as the one before, up to the longest.

    Half of each is drawn: clients that lost the same server do not all come back at once.
    """

    def __init__(self, *, first: float, longest: float) -> None:
        """Seconds."""
        self._first = first
        self._longest = longest
        self._next = first

    def next(self) -> float:
        pause, self._next = self._next, min(2 * self._next, self._longest)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)

    def reset(self) -> None:
        """After a success."""
        self._next = self._first
