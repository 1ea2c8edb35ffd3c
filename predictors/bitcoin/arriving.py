"""Seconds as clients tell them: one or many, each checked whole, every fault named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from django.utils import timezone

from learning.fields import Fault
from predictions.errors import InvalidInput
from predictors.bitcoin.files import TIME, whole_second
from predictors.bitcoin.ml.checks import refusals
from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from predictors.bitcoin.windows import faults_of_seconds

MOST_SECONDS = 10_000
NAME = "seconds"
END, FIRST_TRADE, LAST_TRADE = "time_period_end", "time_open", "time_close"
TIMES = (TIME, END, FIRST_TRADE, LAST_TRADE)
"""As the columns of the files have them; only the first is needed."""
ONE_SECOND = timedelta(seconds=1)
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
"""Nothing was traded before: a clock that starts in 1970 is not set."""
AHEAD = timedelta(days=1)
"""Room for clocks and for replays. A wrong year would stay the newest second for good."""
_NO_LIST = f"a second, or 1 to {MOST_SECONDS:,} in a list"
_ACCEPTED_TIME = f"a whole second with its time zone, from {EARLIEST:%Y-%m-%d}, such as "
_ACCEPTED_TIME += "2020-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Told:
    seconds: Mapping[datetime, tuple[float, ...]]
    """By their beginning (UTC): the numbers in the order of SECOND_COLUMNS."""
    names: Mapping[datetime, str]
    """What the sender calls each, to be put before the name of a field: `seconds[3].`, or ``."""
    sent: int
    """With those that were sent twice."""


def read_told(payload: Any) -> Told:
    """Raises InvalidInput with every fault in every second; then there is nothing to record."""
    is_list = isinstance(payload, list)
    items: Sequence[Any] = payload if is_list else [payload]
    if not 1 <= len(items) <= MOST_SECONDS:
        raise InvalidInput([Fault(NAME, f"{len(items):,} seconds", _NO_LIST)])
    if not is_list and not isinstance(payload, Mapping):
        raise InvalidInput([Fault(NAME, "neither an object nor a list", _NO_LIST)])
    prefixes = [f"{NAME}[{place}]." if is_list else "" for place in range(len(items))]
    faults = _faults_in_numbers(items, is_list)
    times = []
    for item, prefix in zip(items, prefixes, strict=True):
        time, found = _time_of(item) if isinstance(item, Mapping) else (None, [])
        times.append(time)
        faults += [replace(fault, field=prefix + fault.field) for fault in found]
    if not faults:
        faults += contradictions(items, prefixes)
    told: dict[datetime, tuple[float, ...]] = {}
    names: dict[datetime, str] = {}
    for time, item, prefix in zip(times, items, prefixes, strict=True):
        if faults or time is None:
            continue
        values = tuple(item[name] for name in SECOND_COLUMNS)
        if told.setdefault(time, values) != values:
            detail = "this second is in the list already, with other numbers"
            faults.append(Fault(prefix + TIME, detail, "each second once"))
        names.setdefault(time, prefix)
    if faults:
        raise InvalidInput(faults)
    return Told(told, names, len(items))


def _faults_in_numbers(items: Sequence[Any], is_list: bool) -> list[Fault]:
    numbers = [
        {name: value for name, value in item.items() if name not in TIMES}
        if isinstance(item, Mapping)
        else item
        for item in items
    ]
    known = f"only: {', '.join((*TIMES, *SECOND_COLUMNS))}"
    return [
        replace(
            fault,
            field=fault.field if is_list else fault.field.removeprefix(f"{NAME}[0]."),
            accepted=known if fault.detail == "unknown field" else fault.accepted,
        )
        for fault in faults_of_seconds(numbers, name=NAME)
    ]


def _time_of(item: Mapping[str, Any]) -> tuple[datetime | None, list[Fault]]:
    """When the second began; its other times, if it has some, must lie in it."""
    if TIME not in item:
        return None, [Fault(TIME, "missing", _ACCEPTED_TIME)]
    try:
        start = whole_second(_text(item[TIME]))
    except ValueError as error:
        return None, [Fault(TIME, str(error), _ACCEPTED_TIME)]
    if not EARLIEST <= start <= timezone.now() + AHEAD:
        detail = f"{item[TIME]!r} is " + ("to come" if start > EARLIEST else "too long ago")
        return None, [Fault(TIME, detail, _ACCEPTED_TIME)]
    faults = []
    for name, earliest in ((END, start + ONE_SECOND), (FIRST_TRADE, start), (LAST_TRADE, start)):
        if name not in item:
            continue
        found = _moment(_text(item[name]))
        if found is None or not earliest <= found <= start + ONE_SECOND:
            accepted = "the second after" if name == END else "a moment of the second"
            faults.append(Fault(name, f"{item[name]!r:.60}", f"{accepted} {item[TIME]}"))
    return start, faults


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def contradictions(items: Sequence[Mapping[str, Any]], prefixes: Sequence[str]) -> list[Fault]:
    """A second whose numbers cannot all be true; the files that were cut off are full of them."""
    frame = pd.DataFrame([[item[name] for name in SECOND_COLUMNS] for item in items])
    reasons = refusals(frame.set_axis(list(SECOND_COLUMNS), axis=1))
    return [
        Fault(prefix + reason.partition(" ")[0], reason, "numbers that can all be true")
        for reason, prefix in zip(reasons, prefixes, strict=True)
        if reason
    ]
