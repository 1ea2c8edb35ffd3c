"""What one process holds of one caller's limit, until the minute is over."""

import math
from dataclasses import dataclass

from predictions.throttling.counters import WINDOW_SECONDS, Taken, Wish

# A process takes ahead what it would need in about this time.
AHEAD_SECONDS = 0.1
# Requests that come together do not all take ahead.
TOGETHER_SECONDS = 0.005
# Who has used all is not asked for again so soon: another process may have given some back.
SHUT_SECONDS = 1.0
ALONE = b""
"""In place of the window: Redis is away, and this process counts by itself."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands after a request."""

    limit: int
    left: int
    """Requests, as far as this process knows."""
    seconds: int
    """Until there are as many as `limit` again; 1 or more."""


@dataclass(slots=True)
class Allowance:
    limit: int
    window: bytes
    ends_at: float
    """`time.monotonic()`, as all moments here."""
    in_hand: int = 0
    left: int = 0
    """For all processes, when they were last asked."""
    asked_at: float = 0.0
    spent: int = 0
    """Requests since then."""
    shut_until: float = 0.0

    @classmethod
    def alone(cls, limit: int, now: float) -> "Allowance":
        return cls(limit, ALONE, now + WINDOW_SECONDS, in_hand=limit, asked_at=now)

    def is_good(self, limit: int, now: float) -> bool:
        """Whether it says something about this limit, which may have been changed, by now."""
        return now < self.ends_at and limit == self.limit

    def spend(self, cost: int) -> bool:
        if self.in_hand < cost:
            return False
        self.in_hand -= cost
        self.spent += cost
        return True

    def is_used_up(self, now: float) -> bool:
        """As far as one can say without asking."""
        return self.window == ALONE or now < self.shut_until

    def wish(self, caller: str, cost: int, now: float) -> Wish:
        """For more: as much as was spent lately, twice that if it was soon spent."""
        elapsed = now - self.asked_at
        self.spent += cost
        if elapsed < TOGETHER_SECONDS:
            return Wish(caller, self.limit, cost, 0)
        ahead = int(2 * self.spent * AHEAD_SECONDS / max(elapsed, AHEAD_SECONDS))
        self.asked_at, self.spent = now, 0
        return Wish(caller, self.limit, cost, ahead)

    def add(self, taken: Taken, cost: int, now: float) -> None:
        """Of the same window."""
        self.left = taken.left
        self.ends_at = taken.ends_at
        if taken.requests:
            self.in_hand += taken.requests - cost
        elif not taken.left:
            self.shut_until = now + SHUT_SECONDS

    def standing(self, now: float) -> Standing:
        return Standing(
            self.limit,
            self.left + self.in_hand,
            max(1, math.ceil(self.ends_at - now)),
        )
