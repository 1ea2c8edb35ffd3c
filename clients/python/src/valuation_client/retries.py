"""How often and how long a request that failed is tried again."""

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Many clients are told the same moment: they come back spread over a little more than it.
SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class Retries:
    """Waits grow twofold from `first_wait` to `longest_wait`, each shortened at random by up to
    half; where the service says how long (`Retry-After`), that is waited, and a little more. No
    wait is begun that would end later than `seconds` after the first attempt began."""

    seconds: float = 30.0
    """0: nothing is tried again, and no `Idempotency-Key` is sent."""
    first_wait: float = 0.2
    longest_wait: float = 10.0

    def begin(self) -> "Attempts":
        return Attempts(self)


@dataclass(slots=True)
class Attempts:
    """Of one request."""

    retries: Retries
    failed: int = 0
    began: float = field(default_factory=time.monotonic)

    def wait(self, retry_after: float | None) -> bool:
        """Wait until it may be tried again. False, at once: the time for it is used up."""
        pause = self._pause(retry_after)
        self.failed += 1
        if time.monotonic() - self.began + pause > self.retries.seconds:
            return False
        time.sleep(pause)
        return True

    def _pause(self, retry_after: float | None) -> float:
        # Not for secrets: so that many clients do not come at once.
        chance = random.random()  # noqa: S311
        if retry_after is not None:
            return max(retry_after, self.retries.first_wait) * (1 + SPREAD * chance)
        # 2.0**64 waits would be longer than anybody has: the power is kept a number.
        wait = self.retries.first_wait * 2.0 ** min(self.failed, 64)
        return min(wait, self.retries.longest_wait) * (1 - chance / 2)


def seconds_to_wait(header: str | None) -> float | None:
    """Of `Retry-After`, a number or a date (RFC 9110, 10.2.3); None if it is neither."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
