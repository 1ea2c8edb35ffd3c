"""From what a client sends to a window of sixty traded seconds: flat or an array, by name.

A window is `(60, 6)`, oldest second first, columns SECOND_COLUMNS; the current second is the last,
and its high is NaN if it was not sent. The quick way takes what is right; where it says no, the
thorough way names every fault.
"""

import math
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from learning.fields import Fault, check_all
from predictions.errors import InvalidInput
from predictors.bitcoin.ml.schema import (
    PRICE_HIGH_FIELD,
    PRICE_MAXIMUM,
    PRICE_MINIMUM,
    RAW_FEATURES,
    SECOND_COLUMNS,
    SECOND_FIELDS,
    TRADES_MAXIMUM,
    VOLUME_MAXIMUM,
    WINDOW,
    WINDOW_FIELDS,
)

Window = npt.NDArray[np.float64]

ENVELOPE = "bitcoin_last_minute"
HIGH = "price_high"
ACCEPTED = (
    f"an object of the {len(RAW_FEATURES)} fields (newest second first, price_open to "
    f"trades_count_-{WINDOW - 1}), or an array of {WINDOW} seconds in ascending time"
)
MOST_WARNINGS = 20

_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _TRADES = range(6)
_FLAT_FIELDS = (*WINDOW_FIELDS, PRICE_HIGH_FIELD)
_LAST_FIELDS = tuple(PRICE_HIGH_FIELD if field.name == HIGH else field for field in SECOND_FIELDS)
_all_of_flat = itemgetter(*RAW_FEATURES)
_all_of_second = itemgetter(*SECOND_COLUMNS)
_NUMBERS = frozenset({int, float})
# Wider than the whole range of a column, so that one comparison of all is enough where all is well.
_LOWEST = np.array([PRICE_MINIMUM] * 4 + [0.0, 0.0])
_HIGHEST = np.array([PRICE_MAXIMUM] * 4 + [VOLUME_MAXIMUM, float(TRADES_MAXIMUM)])


def read_window(sent: Any) -> Window:
    """Raises InvalidInput with every fault: missing, unknown, no number, out of range, low > high.

    A high below the open or the close is no fault: public data has it (`warnings_of`).
    """
    window = None
    if isinstance(sent, Mapping):
        window = _quick_flat(sent)
    elif isinstance(sent, list) and len(sent) == WINDOW:
        window = _quick_array(sent)
    if window is None or not _is_sound(window):
        faults = faults_of(sent)
        if faults or window is None:
            raise InvalidInput(faults or [Fault(ENVELOPE, "cannot be read", ACCEPTED)])
    return window


def _quick_flat(sent: Mapping[str, Any]) -> Window | None:
    try:
        values = _all_of_flat(sent)
    except KeyError:
        return None
    high = math.nan
    if len(sent) == len(RAW_FEATURES) + 1 and type(sent.get(HIGH)) in _NUMBERS:
        high = sent[HIGH]
        if not math.isfinite(high):
            return None
    elif len(sent) != len(RAW_FEATURES):
        return None
    if not _NUMBERS.issuperset(map(type, values)):
        return None
    newest_first = np.empty(WINDOW * len(SECOND_COLUMNS))
    try:
        newest_first[0], newest_first[1], newest_first[2:] = values[0], high, values[1:]
    except OverflowError:
        return None
    return np.ascontiguousarray(newest_first.reshape(WINDOW, len(SECOND_COLUMNS))[::-1])


def _quick_array(sent: Sequence[Any]) -> Window | None:
    window = np.empty((WINDOW, len(SECOND_COLUMNS)))
    last = sent[-1]
    if isinstance(last, Mapping) and HIGH not in last:
        sent = [*sent[:-1], {**last, HIGH: math.nan}]
    try:
        rows = [_all_of_second(second) for second in sent if len(second) == len(SECOND_COLUMNS)]
        if len(rows) != WINDOW or not all(_NUMBERS.issuperset(map(type, row)) for row in rows):
            return None
        window[:] = rows
    except (KeyError, TypeError, OverflowError, IndexError):
        return None
    if isinstance(last, Mapping) and HIGH in last and not math.isfinite(last[HIGH]):
        return None
    return window


def _is_sound(window: Window) -> bool:
    if not ((window >= _LOWEST) & (window <= _HIGHEST))[:-1].all():
        return False
    current = window[-1].copy()
    if math.isnan(current[_HIGH]):  # the only one that may be unknown
        current[_HIGH] = current[_CLOSE]
    return bool(
        ((current >= _LOWEST) & (current <= _HIGHEST)).all()
        and not (window[:, _LOW] > window[:, _HIGH]).any()
        and (window[:, _TRADES] == np.floor(window[:, _TRADES])).all()
    )


def faults_of(sent: Any) -> list[Fault]:
    """Every fault, each named as the client wrote it: `price_low_-3`, `seconds[56].price_low`."""
    if isinstance(sent, Mapping):
        values, faults = check_all(sent, _FLAT_FIELDS)
        for lag in range(WINDOW):
            after = f"_-{lag}" if lag else ""
            faults += _low_above_high(values, f"price_low{after}", f"price_high{after}")
        return faults
    if not isinstance(sent, list):
        return [Fault(ENVELOPE, "neither an object nor an array", ACCEPTED)]
    if len(sent) != WINDOW:
        return [Fault(ENVELOPE, f"an array of {len(sent):,} seconds", ACCEPTED)]
    return faults_of_seconds(sent, name=ENVELOPE, last_fields=_LAST_FIELDS)


def faults_of_seconds(
    sent: Sequence[Any], *, name: str, last_fields: Sequence[Any] = SECOND_FIELDS
) -> list[Fault]:
    """Of an array of full seconds; `last_fields` are those of the last one."""
    faults = []
    for place, second in enumerate(sent):
        where = f"{name}[{place}]"
        if not isinstance(second, Mapping):
            accepted = f"an object of {', '.join(SECOND_COLUMNS)}"
            faults.append(Fault(where, "not an object", accepted))
            continue
        fields = last_fields if place == len(sent) - 1 else SECOND_FIELDS
        values, found = check_all(second, fields)
        found += _low_above_high(values, "price_low", HIGH)
        faults += [Fault(f"{where}.{one.field}", one.detail, one.accepted) for one in found]
    return faults


def _low_above_high(values: Mapping[str, Any], low: str, high: str) -> list[Fault]:
    if low in values and high in values and values[low] > values[high]:
        detail = f"{values[low]!r} is above {high}, {values[high]!r}"
        return [Fault(low, detail, "at most the second's high")]
    return []


def warnings_of(window: Window) -> list[dict[str, str]]:
    """What is odd in a window that is answered nevertheless, newest second first."""
    highest = np.maximum(window[:, _OPEN], window[:, _CLOSE])
    lowest = np.minimum(window[:, _OPEN], window[:, _CLOSE])
    odd_high = window[:, _HIGH] < highest
    odd_low = window[:, _LOW] > lowest
    if not (odd_high.any() or odd_low.any()):
        return []
    found = []
    for lag in range(WINDOW):
        place, after = WINDOW - 1 - lag, f"_-{lag}" if lag else ""
        if odd_high[place]:
            detail = f"below the higher of open and close, {highest[place].item()!r}"
            found.append({"field": f"price_high{after}", "detail": detail})
        if odd_low[place]:
            detail = f"above the lower of open and close, {lowest[place].item()!r}"
            found.append({"field": f"price_low{after}", "detail": detail})
    return found[:MOST_WARNINGS]


def flat_facts(sent: Any) -> dict[str, Any]:
    """The same seconds under the names of the flat form; what cannot be told is left out."""
    if isinstance(sent, Mapping):
        return dict(sent)
    facts: dict[str, Any] = {}
    for lag, second in enumerate(reversed(sent if isinstance(sent, list) else [])):
        after = f"_-{lag}" if lag else ""
        if isinstance(second, Mapping):
            facts |= {f"{name}{after}": value for name, value in second.items()}
    return facts
