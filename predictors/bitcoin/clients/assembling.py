"""Trades become traded seconds."""

import logging
import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from predictors.bitcoin.clients.coinbase import Trade
from predictors.bitcoin.clients.seconds import TradedSecond

logger = logging.getLogger(__name__)

SECOND = timedelta(seconds=1)
AHEAD = timedelta(minutes=1)
"""Of the exchange's own clock: a trade beyond that has a wrong time."""


@dataclass(slots=True)
class _Open:
    """A second whose trades are still coming, in the order of their numbers."""

    start: datetime
    is_whole: bool
    trades: list[Trade] = field(default_factory=list)

    def closed(self) -> TradedSecond:
        prices = [trade.price for trade in self.trades]
        return TradedSecond(
            time=self.start,
            price_open=prices[0],
            price_high=max(prices),
            price_low=min(prices),
            price_close=prices[-1],
            volume_traded=math.fsum(trade.size for trade in self.trades),
            trades_count=len(prices),
        )


class Assembler:
    """A second is complete when a trade of a later one comes, or its grace time is over.

    Only whole seconds come out: not the one in which following began, nor those beside a gap in
    the numbers of the trades. What comes too late for its second is counted and dropped: the
    second was told already. All times are the exchange's.
    """

    def __init__(self, *, grace: timedelta) -> None:
        self.counts: Counter[str] = Counter()
        """Trades: taken, repeated, late, missed, ahead; seconds: whole, partial."""
        self._grace = grace
        self._open: _Open | None = None
        self._last: Trade | None = None
        self._earliest: datetime | None = None
        self._now: datetime | None = None
        self._is_behind = True

    def add(self, trade: Trade) -> list[TradedSecond]:
        """The second that this trade completes, if any."""
        start = trade.time.replace(microsecond=0)
        if self._now is not None and trade.time > self._now + AHEAD:
            return self._dropped("ahead", trade)
        self._is_behind = False
        last, self._last = self._last, trade
        joins = last is None or _is_renumbered(last, trade)
        if last is not None and not joins and trade.id <= last.id:
            self._last = last
            self.counts["repeated"] += 1
            return []
        missed = 0 if last is None or joins else trade.id - last.id - 1
        if missed or joins:
            self._miss(missed, trade)
        if self._earliest is not None and start < self._earliest:
            return self._dropped("late", trade)
        completed = [] if self._open is None or self._open.start == start else self._close()
        if self._open is None:
            self._open = _Open(start, is_whole=not (joins or missed))
            self._earliest = start
        self._open.trades.append(trade)
        self.counts["taken"] += 1
        return completed

    def at(self, now: datetime) -> list[TradedSecond]:
        """What is complete at this time of the exchange's clock."""
        self._now = now
        if self._is_behind or self._open is None:
            return []
        return self._close() if now >= self._open.start + SECOND + self._grace else []

    def reconnected(self) -> None:
        """Until the next trade nobody knows what was missed: no clock completes a second."""
        self._is_behind = True

    def _close(self) -> list[TradedSecond]:
        assert self._open is not None
        closed, self._open = self._open, None
        self._earliest = closed.start + SECOND
        self.counts["whole" if closed.is_whole else "partial"] += 1
        return [closed.closed()] if closed.is_whole else []

    def _miss(self, missed: int, trade: Trade) -> None:
        self.counts["missed"] += missed
        logger.warning("missed before trade %d: %s", trade.id, missed or "nobody knows how many")
        if self._open is not None:
            self._open.is_whole = False

    def _dropped(self, why: str, trade: Trade) -> list[TradedSecond]:
        self.counts[why] += 1
        logger.warning("trade %d of %s dropped: %s", trade.id, trade.time, why)
        return []


def _is_renumbered(last: Trade, trade: Trade) -> bool:
    """The exchange began to count anew, or the last number was wrong: all would seem repeated."""
    return trade.id <= last.id and trade.time > last.time + AHEAD
