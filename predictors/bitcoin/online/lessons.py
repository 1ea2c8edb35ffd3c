"""What is sent to learn from: seconds in a row, or one window and what came after it."""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from learning.fields import Fault, Field, check_all
from predictions.errors import InvalidInput, NotAnObject
from predictors.bitcoin.arriving import TIMES, contradictions, read_told
from predictors.bitcoin.decoding import subject_of
from predictors.bitcoin.files import TIME
from predictors.bitcoin.ml.examples import LONGEST_GAP, Examples, examples_of
from predictors.bitcoin.ml.examples import TIME as FRAME_TIME
from predictors.bitcoin.ml.features import MODEL_FEATURES, naive, rows_of, windows_of
from predictors.bitcoin.ml.schema import (
    PRICE_MAXIMUM,
    PRICE_MINIMUM,
    SECOND_COLUMNS,
    WINDOW,
)
from predictors.bitcoin.ml.targets import NEXT_CLOSE, code_of
from predictors.bitcoin.windows import ENVELOPE, Window, faults_of_seconds, read_window, warnings_of

SECONDS, ACTUAL, ACTUAL_HIGH = "seconds", "actual", "actual_high"
LEAST, MOST = WINDOW + 1, 3_600
"""Seconds in one lesson: a window and what came next; an hour. More are loaded and trained on."""
ACTUAL_FIELD = Field(
    ACTUAL,
    "number",
    "close of the second that traded after the window, USD",
    PRICE_MINIMUM,
    PRICE_MAXIMUM,
    7170.25,
)
ACTUAL_HIGH_FIELD = replace(
    ACTUAL_FIELD,
    name=ACTUAL_HIGH,
    description="its high, USD; without it nothing is learned of highs",
    example=7170.50,
    optional=True,
)
ACCEPTED = (
    f'{{"{SECONDS}": [{LEAST} or more in ascending time]}}, or '
    f'{{"{ENVELOPE}": …, "{ACTUAL}": …, "{ACTUAL_HIGH}": …}}, the last one optional'
)
ACTUAL_FIELDS = (ACTUAL_FIELD, ACTUAL_HIGH_FIELD)
_WINDOW_NAMES = {ENVELOPE, ACTUAL, ACTUAL_HIGH}
_IN_A_ROW = f"at least {LEAST} in a row, no gap among them longer than {LONGEST_GAP:.0f} s"


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Sound examples in the order of time, at least one."""

    examples: Examples
    fingerprints: tuple[bytes, ...]
    """Of each example 16 bytes: of the window, and of the close that came."""
    times: tuple[datetime, ...] | None
    """Of each example when what came next began, UTC; None if it was not told."""


def read_lesson(payload: Any) -> Lesson:
    """Raises NotAnObject; InvalidInput with every fault: then there is nothing to learn from."""
    if not isinstance(payload, Mapping):
        raise NotAnObject(f"send one JSON object: {ACCEPTED}")
    if SECONDS in payload:
        _refuse_others(payload, {SECONDS})
        return _of_seconds(payload[SECONDS])
    if ENVELOPE in payload or ACTUAL in payload:
        _refuse_others(payload, _WINDOW_NAMES)
        return _of_window(payload)
    raise InvalidInput([Fault(SECONDS, "missing", ACCEPTED)])


def _refuse_others(payload: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(payload.keys() - known)
    if unknown:
        accepted = f"only: {', '.join(sorted(known))}"
        raise InvalidInput([Fault(name[:100], "unknown field", accepted) for name in unknown])


def _of_seconds(sent: Any) -> Lesson:
    accepted = f"an array of {LEAST} to {MOST:,} seconds in ascending time"
    if not isinstance(sent, list):
        raise InvalidInput([Fault(SECONDS, "not an array", accepted)])
    if not LEAST <= len(sent) <= MOST:
        raise InvalidInput([Fault(SECONDS, f"{len(sent):,} seconds", accepted)])
    is_timed = any(
        isinstance(second, Mapping) and not second.keys().isdisjoint(TIMES) for second in sent
    )
    times = _read_timed(sent) if is_timed else None
    if times is None:
        _check_untimed(sent)
    frame = pd.DataFrame(
        [[second[name] for name in SECOND_COLUMNS] for second in sent],
        columns=list(SECOND_COLUMNS),
        dtype=np.float64,
    )
    # Of seconds without a time all that is known is that they came one after another.
    frame[FRAME_TIME] = times or pd.date_range("2009", periods=len(sent), freq="s", tz="UTC")
    examples = examples_of(frame)
    if not len(examples):
        raise InvalidInput([Fault(SECONDS, "no window is whole", _IN_A_ROW)])
    windows = windows_of(frame)[examples.places - (WINDOW - 1)]
    return Lesson(
        examples,
        _fingerprints(windows, examples.next_close),
        tuple(times[place + 1] for place in examples.places) if times else None,
    )


def _read_timed(sent: Sequence[Any]) -> list[datetime]:
    """When each began. Raises InvalidInput with every fault of times and numbers."""
    told = read_told(sent)
    times = list(told.seconds)
    if told.sent > len(times):
        raise InvalidInput([Fault(SECONDS, "a second is there twice", "each second once")])
    faults = [
        Fault(told.names[later] + TIME, f"not after {earlier:%H:%M:%S}", "ascending time")
        for earlier, later in pairwise(times)
        if later <= earlier
    ]
    if faults:
        raise InvalidInput(faults)
    return times


def _check_untimed(sent: Sequence[Any]) -> None:
    """Raises InvalidInput with every fault of the numbers."""
    faults = faults_of_seconds(sent, name=SECONDS)
    if not faults:
        faults = contradictions(sent, [f"{SECONDS}[{place}]." for place in range(len(sent))])
    if faults:
        raise InvalidInput(faults)


def _of_window(payload: Mapping[str, Any]) -> Lesson:
    values, faults = _read_actual(payload)
    window = None
    try:
        window = read_window(payload.get(ENVELOPE))
        faults += [
            Fault(warning["field"], warning["detail"], "numbers that can all be true")
            for warning in warnings_of(window)
        ]
    except InvalidInput as error:
        faults = [*error.faults, *faults]
    if faults or window is None:
        raise InvalidInput(faults)
    windows = window[np.newaxis]
    last_close, ewma = naive(windows)
    close = np.array([values[ACTUAL]])
    examples = Examples(
        places=np.array([WINDOW - 1]),
        rows=rows_of(windows, code_of(NEXT_CLOSE), MODEL_FEATURES),
        next_close=close,
        next_high=np.array([values.get(ACTUAL_HIGH, np.nan)]),
        current_high=window[-1:, SECOND_COLUMNS.index("price_high")],
        last_close=last_close,
        ewma=ewma,
    )
    return Lesson(examples, _fingerprints(windows, close), None)


def _read_actual(payload: Mapping[str, Any]) -> tuple[dict[str, float], list[Fault]]:
    told = {name: payload[name] for name in (ACTUAL, ACTUAL_HIGH) if name in payload}
    values, faults = check_all(told, ACTUAL_FIELDS)
    if len(values) == len(ACTUAL_FIELDS) and values[ACTUAL_HIGH] < values[ACTUAL]:
        detail = f"{values[ACTUAL_HIGH]!r} is below {ACTUAL}, {values[ACTUAL]!r}"
        faults.append(Fault(ACTUAL_HIGH, detail, "at least the close"))
    return values, faults


def _fingerprints(windows: Window, closes: npt.NDArray[np.float64]) -> tuple[bytes, ...]:
    """A high that is told later does not make another example of it."""
    return tuple(
        hashlib.blake2b(
            subject_of(window, NEXT_CLOSE) + struct.pack("<d", close), digest_size=16
        ).digest()
        for window, close in zip(windows, closes.tolist(), strict=True)
    )
