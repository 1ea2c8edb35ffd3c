"""What is asked for in the address: a window, a target, a time. All faults at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.http import QueryDict

from learning.fields import Fault
from predictions.errors import InvalidInput
from predictors.bitcoin.accuracy import Wanted
from predictors.bitcoin.live import MOST_MINUTES
from predictors.bitcoin.ml.targets import DEFAULT, FORECASTS

WINDOW = re.compile("([0-9]{1,7})([smhd])", re.ASCII)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
USUAL_WINDOW, ALL = "60s", "all"
LONGEST = timedelta(days=90)
USUAL_MINUTES = 5


@dataclass(frozen=True, slots=True)
class LiveWanted:
    minutes: int
    after: datetime | None
    target: str


def read_accuracy(query: QueryDict) -> Wanted:
    """`?window=10m&target=next_high`. Raises InvalidInput."""
    faults = _unknown(query, ("window", "target"))
    said = query.get("window", USUAL_WINDOW)
    window = None if said == ALL else _window(said, faults)
    target = _target(query, faults)
    if faults:
        raise InvalidInput(faults)
    return Wanted(window=window, said=said, target=target)


def read_live(query: QueryDict) -> LiveWanted:
    """`?minutes=5&after=2020-01-01T00:00:00Z&target=next_close`. Raises InvalidInput."""
    faults = _unknown(query, ("minutes", "after", "target"))
    said = query.get("minutes", str(USUAL_MINUTES))
    minutes = int(said) if re.fullmatch("[0-9]{1,4}", said, re.ASCII) else 0
    if not 1 <= minutes <= MOST_MINUTES:
        accepted = f"a whole number from 1 to {MOST_MINUTES}"
        faults.append(Fault("minutes", f"{said[:40]!r} is no such number", accepted))
    when = query.get("after")
    after = None if when is None else _moment(when, faults)
    target = _target(query, faults)
    if faults:
        raise InvalidInput(faults)
    return LiveWanted(minutes, after, target)


def _window(text: str, faults: list[Fault]) -> timedelta | None:
    found = WINDOW.fullmatch(text)
    window = timedelta(**{UNITS[found[2]]: int(found[1])}) if found else timedelta(0)
    if timedelta(0) < window <= LONGEST:
        return window
    accepted = f"a number and s, m, h or d, such as 60s, 10m, 6h, 7d, up to {LONGEST.days}d; {ALL}"
    faults.append(Fault("window", f"{text[:40]!r} is no such window", accepted))
    return None


def _target(query: QueryDict, faults: list[Fault]) -> str:
    target = query.get("target", DEFAULT)
    if target not in FORECASTS:
        accepted = f"{' or '.join(FORECASTS)}; the current high is no forecast"
        faults.append(Fault("target", f"{target[:40]!r} is none of them", accepted))
    return target


def _moment(text: str, faults: list[Fault]) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    accepted = "a moment with its time zone, such as 2020-01-01T00:00:00Z"
    faults.append(Fault("after", f"{text[:40]!r} is no moment", accepted))
    return None


def _unknown(query: QueryDict, known: Sequence[str]) -> list[Fault]:
    accepted = f"only: {', '.join(known)}"
    return [Fault(name[:100], "unknown", accepted) for name in query if name not in known]
