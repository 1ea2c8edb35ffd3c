"""A CSV of what happened, row by row: by prediction, or by the facts of what was asked about.

id,actual,date                       id: of the prediction; `price` is as good as `actual`
id,date,price,bedrooms,bathrooms,…   as sales come: id (or `parcel`) is the parcel, if any
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from learning.fields import Fault, Field, check_value
from predictions.contract import Predictor
from predictions.errors import InvalidInput
from predictions.outcomes.cells import DAY_ACCEPTED, read_day, read_id, read_parcel
from predictions.outcomes.matching import Sold
from predictions.outcomes.services import Reported, in_future

NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
PRICES = ("actual", "price")


@dataclass(frozen=True, slots=True)
class SoldHome:
    """A row without the id of a prediction."""

    sold: Sold
    actual: float
    parcel: str


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    said: Reported | SoldHome | None
    faults: Sequence[Fault] = ()


def read_rows(text: str, predictor: Predictor, *, most: int | None = None) -> list[Row]:
    """Raises InvalidInput when it is no CSV, the header is not as expected, or it has too many."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        read = _reader(header, predictor)
        for cells in reader:
            if not cells:
                continue
            if most is not None and len(rows) == most:
                raise InvalidInput([Fault("body", "it has more rows", f"at most {most:,} rows")])
            rows.append(read(reader.line_num, cells))
    except csv.Error as error:
        fault = Fault("body", f"line {reader.line_num}: {error}", "CSV as of RFC 4180")
        raise InvalidInput([fault]) from None
    if not rows:
        raise InvalidInput([Fault("body", "no rows", "a header and at least one row")])
    return rows


def _reader(header: Sequence[str], predictor: Predictor) -> "_Reader":
    """Raises InvalidInput that names every column that is missing or unknown."""
    facts = {field.name: field for field in predictor.fields()}
    by_facts = bool(predictor.identity) and any(name in facts for name in header)
    needed = list(predictor.identity) if by_facts else ["id"]
    known = {*PRICES, "date", "id", "parcel", *(facts if by_facts else ())}
    faults = [Fault(name, "the column is missing", "it") for name in needed if name not in header]
    if "date" not in header:
        faults.append(Fault("date", "the column is missing", DAY_ACCEPTED))
    if sum(name in header for name in PRICES) != 1:
        faults.append(Fault("actual", "one column is needed", "`actual` or `price`, not both"))
    for name in dict.fromkeys(header):
        if name not in known:
            faults.append(Fault(name[:100], "unknown column", f"only: {', '.join(sorted(known))}"))
        elif header.count(name) > 1:
            faults.append(Fault(name, "the column is there twice", "each once"))
    if faults:
        raise InvalidInput(faults)
    identity = [facts[name] for name in predictor.identity] if by_facts else []
    return _Reader(header, identity, predictor.actual, datetime.now(UTC).date())


@dataclass(frozen=True, slots=True)
class _Reader:
    header: Sequence[str]
    identity: Sequence[Field]
    """Empty: rows name predictions."""
    actual: Field
    today: date

    def __call__(self, line: int, cells: Sequence[str]) -> Row:
        if len(cells) != len(self.header):
            fault = Fault("row", f"{len(cells)} cells", f"{len(self.header)}, as the header")
            return Row(line, None, [fault])
        values = dict(zip(self.header, (cell.strip() for cell in cells), strict=True))
        faults: list[Fault] = []
        actual = _number(self.actual, values.get("actual") or values.get("price", ""), faults)
        day = read_day(values["date"])
        if isinstance(day, Fault):
            faults.append(day)
        parcel = self._parcel(values, faults)
        facts = {field.name: _number(field, values[field.name], faults) for field in self.identity}
        named = None if self.identity else read_id(values["id"])
        if isinstance(named, Fault):
            faults.append(named)
        if faults or isinstance(day, Fault) or isinstance(named, Fault):
            return Row(line, None, faults)
        if named is not None:
            return Row(line, Reported(named, actual, day, parcel))
        if day > self.today:
            return Row(line, None, [in_future(day)])
        return Row(line, SoldHome(Sold(facts, day), actual, parcel))

    def _parcel(self, values: Mapping[str, str], faults: list[Fault]) -> str:
        name = "id" if self.identity and "parcel" not in values else "parcel"
        parcel = read_parcel(values.get(name, ""))
        if isinstance(parcel, Fault):
            faults.append(parcel)
            return ""
        return parcel


def _number(field: Field, text: str, faults: list[Fault]) -> float:
    if NUMBER.fullmatch(text) is None:
        faults.append(Fault(field.name, f"{text[:40]!r} is not a number", field.accepted))
        return 0.0
    checked = check_value(field, float(text))
    if isinstance(checked, Fault):
        faults.append(checked)
        return 0.0
    return float(checked)
