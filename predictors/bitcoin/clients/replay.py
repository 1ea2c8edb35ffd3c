"""A file of seconds told to a running service in the rhythm in which they were traded."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import monotonic

from predictions.contract import DataError
from predictors.bitcoin.clients.conversation import Conversation
from predictors.bitcoin.clients.seconds import TradedSecond
from predictors.bitcoin.files import is_made_up, read_seconds
from predictors.bitcoin.ml.checks import findings_of, plausible
from predictors.bitcoin.ml.schema import SECOND_COLUMNS, WINDOW

Seconds = Sequence[TradedSecond]

DISTANCE = timedelta(hours=1)
"""From the newest second that is known to the first of a replay: it follows nothing."""


def read(path: Path, *, since: datetime | None = None, count: int | None = None) -> Seconds:
    """In order of time, without those that contradict themselves; sixty more than `count`.

    Raises DataError: unreadable, damaged as a whole, or too few to predict one.
    """
    file = read_seconds(path)
    damaged = [
        f"{found.check}: {found.why}"
        for found in findings_of(file.seconds)
        if found.decision == "refused"
    ]
    if damaged:
        raise DataError(f"{file.name}: {'; '.join(damaged)}")
    frame = plausible(file.seconds).sort_values("time")
    if since is not None:
        frame = frame[frame["time"] >= since]
    if count is not None:
        frame = frame.head(WINDOW + count)
    if len(frame) <= WINDOW:
        raise DataError(f"{file.name}: {len(frame)} seconds; {WINDOW} are told before the first")
    times = frame["time"].dt.to_pydatetime()
    values = frame[list(SECOND_COLUMNS)].itertuples(index=False, name=None)
    return [
        TradedSecond(time, opens, highs, lows, closes, volume, int(trades))
        for time, (opens, highs, lows, closes, volume, trades) in zip(times, values, strict=True)
    ]


def refuse_mixing(path: Path, data: str | None) -> None:
    """Raises DataError for the made-up sample and a service whose seconds are real (`data`)."""
    if data == "real" and is_made_up(path):
        raise DataError(
            f"{path.name} is synthetic, and the service has real seconds: they never mix. Replay "
            "the bitcoin.csv of your data folder"
        )


def moved_after(seconds: Seconds, newest: datetime | None) -> Seconds:
    """By so much that they begin a while after the newest that is known; else as they are."""
    if newest is None or seconds[0].time >= newest + DISTANCE:
        return list(seconds)
    return _moved(seconds, newest + DISTANCE - seconds[0].time)


def moved_to_now(seconds: Seconds, newest: datetime | None) -> Seconds:
    """So that the first one that is predicted is traded now.

    Raises DataError if one as late is known: two markets would be mixed.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    moved = _moved(seconds, now - seconds[WINDOW].time)
    if newest is not None and newest >= moved[0].time:
        raise DataError(f"the service knows seconds up to {newest:%Y-%m-%dT%H:%M:%SZ} already")
    return moved


def _moved(seconds: Seconds, by: timedelta) -> Seconds:
    return [replace(second, time=second.time + by) for second in seconds]


def replay(
    *, seconds: Seconds, conversation: Conversation, speed: float, stop: threading.Event
) -> None:
    """Tell sixty at once, then ask for each of the others before it is told, until `stop`.

    `speed`: so many seconds of the file in one of the clock; 0: as fast as it goes. Raises
    ServiceRefused, ServiceAway.
    """
    conversation.tell(seconds[:WINDOW])
    due = monotonic()
    for before, second in pairwise(seconds[WINDOW - 1 :]):
        conversation.ask()
        if speed:
            # From when it was due, not from now: what a request took is no delay of the next.
            due += (second.time - before.time).total_seconds() / speed
        if stop.wait(max(0.0, due - monotonic()) if speed else 0.0):
            return
        conversation.tell([second])
