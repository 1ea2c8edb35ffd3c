"""What is looked at before anything is learned from seconds: what is refused, left out or kept."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictors.bitcoin.ml.examples import FRAME_COLUMNS, TIME
from predictors.bitcoin.ml.schema import SECOND_FIELDS, WINDOW

Flags = npt.NDArray[np.bool_]

FEW_SECONDS: Final = "few-seconds"
LEAST_SECONDS: Final = WINDOW + 1
SMALL_SHARE: Final = 0.001
"""Of rows that contradict themselves: so many are left out. More say that the file is damaged."""
PINNED_SHARE: Final = 0.01
"""Of highs that equal the highest of all: more are a wall in the order book, or were cut off."""
PINNED_LEAST: Final = 20


class UnfitData(ValueError):
    """Nothing is learned from such data; the message names each check that failed."""


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    rows: int
    decision: Literal["refused", "left out", "kept"]
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class CheckedSeconds:
    seconds: pd.DataFrame
    """Without what was left out; the order and the index as before."""
    findings: tuple[Finding, ...]

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(finding) for finding in self.findings]


CONTRADICTIONS: Final = {
    "not-a-number": "a value is missing or not finite",
    "out-of-range": "a price of 0 or less, or a number beyond what the API accepts",
    "low-above-high": "price_low is above price_high",
    "high-below-price": "price_high is below the open or the close",
    "low-above-price": "price_low is above the open or the close",
}
"""What one second alone shows to be untrue, and in words why."""


def checked(seconds: pd.DataFrame) -> CheckedSeconds:
    """Of `(n_seconds, 7)`, FRAME_COLUMNS. Raises UnfitData for what cannot be true as a whole."""
    findings = findings_of(seconds)
    refused = [f"{f.check}: {f.rows:,} rows, {f.why}" for f in findings if f.decision == "refused"]
    if refused:
        raise UnfitData("; ".join(refused))
    return CheckedSeconds(plausible(seconds), findings)


def findings_of(seconds: pd.DataFrame) -> tuple[Finding, ...]:
    """Raises UnfitData only for missing columns: nothing else could be asked then."""
    missing = [name for name in FRAME_COLUMNS if name not in seconds.columns]
    if missing:
        raise UnfitData(f"no column {', '.join(missing)}")
    return (*_of_rows(seconds), *_of_times(seconds), *_of_all(seconds))


def plausible(seconds: pd.DataFrame) -> pd.DataFrame:
    """Those that are learned from: none that contradicts itself."""
    wrong = np.logical_or.reduce(list(_contradictions(seconds).values()))
    return seconds[~wrong] if wrong.any() else seconds


def refusals(seconds: pd.DataFrame) -> list[str]:
    """Of each row alone why nothing is learned of it, or nothing: `(n_seconds,)`."""
    reasons = [""] * len(seconds)
    for check, wrong in reversed(_contradictions(seconds).items()):
        for place in wrong.nonzero()[0]:
            reasons[place] = CONTRADICTIONS[check]
    return reasons


def _contradictions(seconds: pd.DataFrame) -> dict[str, Flags]:
    """By check `(n_seconds,)`, in the order of CONTRADICTIONS; what is no number is only that."""
    columns = {
        field.name: pd.to_numeric(seconds[field.name], errors="coerce").to_numpy(dtype=np.float64)
        for field in SECOND_FIELDS
    }
    unknown: Flags = ~np.isfinite(np.array(list(columns.values()))).all(axis=0)
    out = np.zeros(len(seconds), dtype=np.bool_)
    for field in SECOND_FIELDS:
        out |= (columns[field.name] < field.minimum) | (columns[field.name] > field.maximum)
    opens, highs, lows, closes = (
        columns[name] for name in ("price_open", "price_high", "price_low", "price_close")
    )
    return {
        "not-a-number": unknown,
        "out-of-range": out & ~unknown,
        "low-above-high": (lows > highs) & ~unknown,
        "high-below-price": (highs < np.maximum(opens, closes)) & ~unknown,
        "low-above-price": (lows > np.minimum(opens, closes)) & ~unknown,
    }


def _of_rows(seconds: pd.DataFrame) -> Iterator[Finding]:
    most = max(1.0, SMALL_SHARE * len(seconds))
    for check, wrong in _contradictions(seconds).items():
        count = int(wrong.sum())
        if count > most:
            why = f"{CONTRADICTIONS[check]}: {count / len(seconds):.1%}, the source is damaged"
            yield Finding(check, count, "refused", why)
        elif count:
            yield Finding(check, count, "left out", CONTRADICTIONS[check])


def _of_times(seconds: pd.DataFrame) -> Iterator[Finding]:
    times = pd.to_datetime(seconds[TIME], utc=True, errors="coerce")
    if times.isna().any():
        yield Finding("no-time", int(times.isna().sum()), "refused", "when was it?")
        return
    twice = int(times.duplicated().sum())
    if twice:
        yield Finding("time-twice", twice, "refused", "which of them is meant?")
    falling = int((times.diff() < pd.Timedelta(0)).sum())
    if falling:
        yield Finding(
            "time-falling", falling, "refused", "seconds go from the oldest to the newest"
        )


def _of_all(seconds: pd.DataFrame) -> Iterator[Finding]:
    """What no single row tells."""
    if len(seconds) < LEAST_SECONDS:
        why = f"at least {LEAST_SECONDS} are needed: a window and what came next"
        yield Finding(FEW_SECONDS, len(seconds), "refused", why)
    highs = pd.to_numeric(seconds["price_high"], errors="coerce")
    top = highs.max()
    pinned = int((highs == top).sum())
    if pinned < max(PINNED_LEAST, PINNED_SHARE * len(seconds)):
        return
    closes = pd.to_numeric(seconds["price_close"], errors="coerce")
    above = int((closes > top).sum())
    if above:
        why = f"all of them are {top:,.2f} and none is higher, but {above:,} closes are: cut off"
        yield Finding("highs-cut-off", pinned, "refused", why)
    else:
        why = f"all of them are {top:,.2f}, the highest: a wall in the order book, or cut off"
        yield Finding("highs-pinned", pinned, "kept", why)
