"""Reading the home files: every cell checked before anything changes, faults by line and column."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from learning.fields import Fault, Field, check_value
from predictions.contract import DataError
from predictors.homes.ml.schema import DEMOGRAPHIC_COLUMNS, HOME_FIELDS, contradictions

SALES_FILE = "kc_house_data.csv"
DEMOGRAPHICS_FILE = "zipcode_demographics.csv"
EXAMPLES_FILE = "future_unseen_examples.csv"
SAMPLE_FOLDER = settings.BASE_DIR / "data" / "sample"

NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
Cell = Callable[[str], Any]
"""Text of a cell to its value. Raises ValueError that says what is accepted."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that was read whole and found right."""

    name: str
    sha256: str
    is_synthetic: bool
    rows: list[tuple[Any, ...]]
    """In the order of the file; values in the order of the columns that were asked for."""


def _number(text: str, field: Field) -> Any:
    if NUMBER.fullmatch(text) is None:
        raise ValueError(f"{text[:40]!r} is not a number")
    checked = check_value(field, float(text))
    if isinstance(checked, Fault):
        raise ValueError(f"{checked.detail}; accepted: {checked.accepted}")
    return checked


def _zipcode(text: str) -> str:
    if len(text) != 5 or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text[:40]!r} is not a zipcode of five digits")
    return text


def _parcel(text: str) -> str:
    if not 1 <= len(text) <= 10 or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text[:40]!r} is not a parcel number of up to ten digits")
    return text.zfill(10)


def _date(text: str) -> Any:
    for form in ("%Y%m%dT%H%M%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise ValueError(f"{text[:40]!r} is not a date like 20141013T000000 or 2014-10-13")


DEMOGRAPHIC_CELLS: Mapping[str, Cell] = {
    **{
        name: partial(_number, field=Field(name, "number", "", 0, 1e9))
        for name in DEMOGRAPHIC_COLUMNS
    },
    "zipcode": _zipcode,
}
SALE_CELLS: Mapping[str, Cell] = {
    "id": _parcel,
    "date": _date,
    "price": partial(_number, field=Field("price", "number", "", 1, 1e9)),
    **{
        field.name: _zipcode if field.kind == "zipcode" else partial(_number, field=field)
        for field in HOME_FIELDS
    },
}


EXAMPLE_CELLS: Mapping[str, Cell] = {field.name: SALE_CELLS[field.name] for field in HOME_FIELDS}


def read_demographics(path: Path) -> DataFile:
    """Raises DataError that names file, line and column."""
    return _read(path, DEMOGRAPHIC_CELLS, key=("zipcode",), check=lambda values: [])


def read_sales(path: Path) -> DataFile:
    """Raises DataError that names file, line and column."""
    return _read(path, SALE_CELLS, key=("id", "date"), check=contradictions)


def read_examples(path: Path) -> DataFile:
    """Raises DataError that names file, line and column."""
    return _read(path, EXAMPLE_CELLS, key=(), check=contradictions)


def _read(
    path: Path,
    cells: Mapping[str, Cell],
    *,
    key: Sequence[str],
    check: Callable[[Mapping[str, Any]], list[Fault]],
) -> DataFile:
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at byte {error.start}") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[Any, ...]] = []
    seen: dict[tuple[Any, ...], int] = {}
    try:
        header = next(reader, [])
        _check_header(path, header, cells)
        for cells_of_row in reader:
            values = _values(f"{path}, line {reader.line_num}", header, cells_of_row, cells)
            for fault in check(values):
                raise DataError(
                    f"{path}, line {reader.line_num}, column {fault.field}: {fault.detail}"
                )
            identity = tuple(values[name] for name in key)
            if key and identity in seen:
                raise DataError(
                    f"{path}, line {reader.line_num}, column {key[0]}: "
                    f"{', '.join(map(str, identity))} is there twice, "
                    f"first on line {seen[identity]}"
                )
            seen[identity] = reader.line_num
            rows.append(tuple(values[name] for name in cells))
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: not CSV: {error}") from error
    if not rows:
        raise DataError(f"{path}: no rows")
    digest = hashlib.sha256(content).hexdigest()
    return DataFile(path.name, digest, digest in synthetic_digests(), rows)


def _check_header(path: Path, header: Sequence[str], cells: Mapping[str, Cell]) -> None:
    missing = [name for name in cells if name not in header]
    unknown = [name for name in header if name not in cells]
    if missing or unknown or len(header) != len(cells):
        faults = [f"column {name} is missing" for name in missing]
        faults += [f"column {name!r} is unknown" for name in unknown]
        faults += [] if faults else ["a column occurs twice"]
        raise DataError(f"{path}, line 1: {'; '.join(faults)}")


def _values(
    place: str, header: Sequence[str], row: Sequence[str], cells: Mapping[str, Cell]
) -> dict[str, Any]:
    if len(row) != len(header):
        raise DataError(f"{place}: {len(row)} columns, the header has {len(header)}")
    values = {}
    for name, text in zip(header, row, strict=True):
        try:
            values[name] = cells[name](text)
        except ValueError as error:
            raise DataError(f"{place}, column {name}: {error}") from None
    return values


def synthetic_digests() -> frozenset[str]:
    """SHA-256 of our own made-up files: they are known by content, wherever they are copied to."""
    listing = (SAMPLE_FOLDER / "SHA256SUMS").read_text()
    return frozenset(line.split()[0] for line in listing.splitlines() if line)


def digest_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
