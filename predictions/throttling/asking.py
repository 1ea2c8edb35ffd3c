"""Who asks the counters at the same time asks together: one round trip, as rows of the log share a
commit (`predictions.writer`)."""

import threading
from collections.abc import Sequence

from predictions.throttling.counters import Away, Kept, Taken, Wish
from predictions.waiting import Signal, Waiting

LARGEST_BATCH = 64
# For those before, and for oneself: longer than they may take.
WAIT_SECONDS = 1.0


class _Turn:
    __slots__ = ("found", "leads", "wake", "wish")

    def __init__(self, wish: Wish, wake: Signal) -> None:
        self.wish = wish
        self.wake = wake
        self.found: Taken | Away | None = None
        self.leads = False


class Asking:
    """All who ask by it wait in the same way."""

    def __init__(self, url: str, waiting: Waiting) -> None:
        self._how = waiting
        self._lock = threading.Lock()
        self._waiting: list[_Turn] = []
        self._is_asking = False
        # Held by whoever leads.
        self._kept = Kept(url, waiting)

    def take(self, wish: Wish) -> Taken:
        """Raises Away."""
        turn = _Turn(wish, self._how.signal())
        with self._lock:
            self._waiting.append(turn)
            turn.leads = not self._is_asking
            self._is_asking = True
        if not turn.leads:
            turn.wake.wait(WAIT_SECONDS)
            self._give_up_if_late(turn)
        if turn.leads:
            self._lead(turn)
        if not isinstance(turn.found, Taken):
            raise turn.found or Away("no answer in time")
        return turn.found

    def _give_up_if_late(self, turn: _Turn) -> None:
        with self._lock:
            if turn.found is None and not turn.leads and turn in self._waiting:
                self._waiting.remove(turn)

    def _lead(self, own: _Turn) -> None:
        with self._lock:
            batch = self._waiting[:LARGEST_BATCH]
            del self._waiting[:LARGEST_BATCH]
        found: Sequence[Taken | Away] = [Away("no answer")] * len(batch)
        try:
            found = self._ask([turn.wish for turn in batch])
        finally:
            with self._lock:
                if isinstance(found[0], Away):  # nor is there an answer for who came meanwhile
                    batch += self._waiting
                    self._waiting.clear()
                    found = [found[0]] * len(batch)
                for turn, each in zip(batch, found, strict=True):
                    turn.found = each
                successor = self._waiting[0] if self._waiting else None
                if successor is not None:
                    successor.leads = True
                else:
                    self._is_asking = False
            if successor is not None:
                successor.wake.set()
            for turn in batch:
                if turn is not own:
                    turn.wake.set()

    def _ask(self, wishes: Sequence[Wish]) -> Sequence[Taken | Away]:
        try:
            return self._kept.use(lambda counters: counters.take(wishes))
        except Away as away:
            return [away] * len(wishes)
