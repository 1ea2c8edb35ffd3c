"""Files of seconds: every cell checked before anything changes, faults by line and column."""

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from django.conf import settings

from learning.fields import Fault, Field, check_value
from predictions.contract import DataError
from predictors.bitcoin.ml.schema import SECOND_COLUMNS, SECOND_FIELDS

SECONDS_FILE = "bitcoin.csv"
SAMPLE_FOLDER = settings.BASE_DIR / "data" / "sample"
TIME = "time_period_start"
MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class SecondsFile:
    """A file that was read whole and found right."""

    name: str
    sha256: str
    is_synthetic: bool
    seconds: pd.DataFrame
    """`(n_seconds, 7)`: `time` (UTC) and SECOND_COLUMNS, in the order of the file."""


def read_seconds(path: Path) -> SecondsFile:
    """Either form of the file: with or without a leading column of row numbers.

    Raises DataError that names line and column of the first faults.
    """
    try:
        content = path.read_bytes()
        reader = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
        rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name}: {error}") from error
    header = rows[0] if rows else []
    missing = [name for name in (TIME, *SECOND_COLUMNS) if header.count(name) != 1]
    if missing:
        raise DataError(f"{path.name}: line 1: one column {', '.join(missing)} is expected")
    seconds = _checked(path.name, header, rows[1:])
    digest = hashlib.sha256(content).hexdigest()
    return SecondsFile(path.name, digest, digest in _synthetic_digests(), seconds)


def _checked(name: str, header: list[str], rows: list[list[str]]) -> pd.DataFrame:
    places = [header.index(column) for column in (TIME, *SECOND_COLUMNS)]
    faults: list[str] = []
    found = []
    for number, row in enumerate(rows, start=2):
        if len(faults) >= MOST_FAULTS:
            break
        if len(row) != len(header):
            faults.append(f"line {number}: {len(row)} cells, the header has {len(header)}")
            continue
        try:
            time = whole_second(row[places[0]])
        except ValueError as error:
            faults.append(f"line {number}, {TIME}: {error}")
            continue
        values: list[object] = [time]
        for place, field in zip(places[1:], SECOND_FIELDS, strict=True):
            value = _number(row[place], field)
            if isinstance(value, Fault):
                faults.append(f"line {number}, {field.name}: {value.detail}; {value.accepted}")
            values.append(value)
        found.append(values)
    if faults:
        raise DataError(f"{name}: " + "; ".join(faults))
    if not found:
        raise DataError(f"{name}: no seconds are in it")
    frame = pd.DataFrame(found, columns=["time", *SECOND_COLUMNS])
    return frame.astype(dict.fromkeys(SECOND_COLUMNS, "float64"))


def whole_second(text: str) -> datetime:
    """`2020-01-01T00:00:00.0000000Z`, UTC. Raises ValueError that says what is accepted."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            found = found.astimezone(UTC)
    except (ValueError, OverflowError):  # no time; one that UTC puts before the year 1
        raise ValueError(f"{text[:40]!r} is not a time such as 2020-01-01T00:00:00Z") from None
    if found.tzinfo is None:
        raise ValueError(f"{text[:40]!r} lacks its time zone (Z)")
    if found.microsecond:
        raise ValueError(f"{text[:40]!r} is no whole second")
    return found


def _number(text: str, field: Field) -> float | int | str | Fault:
    try:
        return check_value(field, float(text))
    except ValueError:
        return Fault(field.name, f"{text[:40]!r} is not a number", field.accepted)


def is_made_up(path: Path) -> bool:
    """Whether it is the synthetic sample, wherever it was copied to. Raises DataError."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() in _synthetic_digests()
    except OSError as error:
        raise DataError(f"{path.name}: {error}") from error


def _synthetic_digests() -> set[str]:
    lines = (SAMPLE_FOLDER / "SHA256SUMS.bitcoin").read_text().splitlines()
    return {line.split()[0] for line in lines}
