"""Who may still ask this minute: exact over all processes, and mostly without asking Redis.

A process takes some of a caller's requests ahead, at most a 64th of what is left, and gives back
what it does not need. So near the limit every request asks, and far from it hardly any. Without
Redis each process counts by itself, until it is back.
"""

import logging
import threading
import time
from collections import OrderedDict
from typing import Protocol

from predictions.throttling.allowance import ALONE, Allowance, Standing
from predictions.throttling.asking import Asking
from predictions.throttling.counters import Away, Kept, Taken, Unused, Wish
from predictions.throttling.errors import TooManyRequests
from predictions.waiting import Threads, Waiting

logger = logging.getLogger(__name__)

# A flood of addresses fills no memory: of more callers, those known longest are forgotten.
MOST_CALLERS = 100_000
TIDY_SECONDS = 0.25
# What nobody asked for in this time is given back.
UNUSED_SECONDS = 0.4
# Without Redis it is looked for so often, by nobody's request.
LOOK_SECONDS = 1.0


class Loop(Waiting, Protocol):
    """Of the thread that answers questions: `ops.loop`."""

    def is_inside(self) -> bool: ...


class Throttle:
    """One process's. `admit` may be called in any thread, and in the loop."""

    def __init__(self, url: str, loop: Loop | None = None) -> None:
        self._loop = loop
        self._in_threads = Asking(url, Threads())
        self._in_loop = Asking(url, loop) if loop is not None else self._in_threads
        self._lock = threading.Lock()
        # The oldest first: nearly in the order in which their windows end.
        self._held: OrderedDict[str, Allowance] = OrderedDict()
        self._with_some_in_hand: set[str] = set()
        self._is_alone = False
        # The keeping thread's.
        self._kept = Kept(url, Threads())
        self._looked_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_tidy, name="limits", daemon=True)

    def admit(self, *, caller: str, limit: int, cost: int = 1) -> Standing:
        """One more request, which counts as `cost`. Raises TooManyRequests."""
        now = time.monotonic()
        cost = min(cost, limit)
        with self._lock:
            held = self._held.get(caller)
            if held is not None and held.is_good(limit, now):
                if held.spend(cost):
                    return held.standing(now)
                if held.is_used_up(now):
                    raise TooManyRequests(held.standing(now))
                wish = held.wish(caller, cost, now)
            else:
                wish = Wish(caller, limit, cost, 0)
            if self._is_alone:
                return self._spend_alone(wish, now)
        is_inside = self._loop is not None and self._loop.is_inside()
        try:
            taken = (self._in_loop if is_inside else self._in_threads).take(wish)
        except Away as away:
            with self._lock:
                self._go_alone(away)
                return self._spend_alone(wish, now)
        with self._lock:
            standing = self._keep(wish, taken)
        if not taken.requests:
            raise TooManyRequests(standing)
        return standing

    def check(self, *, caller: str, limit: int) -> None:
        """Without counting, and by what is known here. Raises TooManyRequests."""
        now = time.monotonic()
        with self._lock:
            held = self._held.get(caller)
            if held is None or not held.is_good(limit, now) or held.in_hand:
                return
            if held.is_used_up(now):
                raise TooManyRequests(held.standing(now))

    def _keep(self, wish: Wish, taken: Taken) -> Standing:
        now = time.monotonic()
        held = self._held.get(wish.caller)
        if held is None or held.window != taken.window or held.limit != wish.limit:
            new = Allowance(wish.limit, taken.window, taken.ends_at, asked_at=now)
            if held is None or held.window == ALONE or held.ends_at <= taken.ends_at:
                self._put(wish.caller, new)
            held = new
        held.add(taken, wish.needed, now)
        if held.in_hand:
            self._with_some_in_hand.add(wish.caller)
        return held.standing(now)

    def _spend_alone(self, wish: Wish, now: float) -> Standing:
        held = self._held.get(wish.caller)
        if held is None or held.window != ALONE or not held.is_good(wish.limit, now):
            held = Allowance.alone(wish.limit, now)
            self._put(wish.caller, held)
        if not held.spend(wish.needed):
            raise TooManyRequests(held.standing(now))
        return held.standing(now)

    def _put(self, caller: str, allowance: Allowance) -> None:
        self._held.pop(caller, None)
        if len(self._held) >= MOST_CALLERS:
            self._held.popitem(last=False)
        self._held[caller] = allowance

    def _go_alone(self, away: Away) -> None:
        if not self._is_alone:
            self._is_alone, self._looked_at = True, time.monotonic()
            logger.error("limits: each process counts by itself, Redis is away: %s", away)

    # What a thread does meanwhile.

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is not needed any more is given back."""
        self._stopping.set()
        self._thread.join(2)

    def _keep_tidy(self) -> None:
        while not self._stopping.wait(TIDY_SECONDS):
            try:
                self.tidy()
            except Exception:  # the next turn may do better
                logger.exception("limits")
        self.tidy(unused_seconds=0.0)

    def tidy(self, unused_seconds: float = UNUSED_SECONDS) -> None:
        """Forget what is over, give back what is not needed, look whether Redis is back."""
        now = time.monotonic()
        with self._lock:
            while self._held:
                first = next(iter(self._held))
                if now < self._held[first].ends_at:
                    break
                self._held.popitem(last=False)
            unused = self._unused(now - unused_seconds)
            is_alone = self._is_alone
        if is_alone and now - self._looked_at < LOOK_SECONDS:
            return
        try:
            if is_alone:
                self._come_back()
            if unused:
                self._kept.use(lambda counters: counters.give_back(unused))
        except Away as away:
            self._looked_at = now
            with self._lock:
                self._go_alone(away)

    def _unused(self, before: float) -> list[Unused]:
        """Taken before that moment, and taken out of hand now."""
        found = []
        for caller in list(self._with_some_in_hand):
            held = self._held.get(caller)
            if held is None or held.window == ALONE or not held.in_hand:
                self._with_some_in_hand.discard(caller)
            elif held.asked_at <= before:
                self._with_some_in_hand.discard(caller)
                found.append(Unused(caller, held.window, held.in_hand))
                held.left += held.in_hand
                held.in_hand = 0
        return found

    def _come_back(self) -> None:
        """Raises Away."""
        self._kept.use(lambda counters: counters.try_out())
        with self._lock:
            for caller in [c for c, held in self._held.items() if held.window == ALONE]:
                del self._held[caller]
            self._is_alone = False
        logger.warning("limits: Redis is back, all processes count together again")
