"""From the rows of a file to what a client of the API would have sent, row by row."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from learning.fields import Field
from modelregistry.errors import DomainError
from predictions import catalog
from predictions.batches.cells import Values
from predictions.batches.errors import BadRow
from predictions.batches.models import Batch
from predictions.batches.records import Record, cells_of, is_empty
from predictions.parsing import decode

Payload = Mapping[str, Any]


@dataclass(slots=True)
class Rows:
    """Some rows of a file, all lists as long as there are rows."""

    first: int
    """Number of the first: 1 is the first after the header."""
    payloads: list[Payload] = field(default_factory=list)
    """The facts of each; what could not be read has none."""
    faults: dict[int, DomainError] = field(default_factory=dict)
    """By place: what is no row."""
    raw: dict[int, str] = field(default_factory=dict)
    """By place, where there is a fault: what stands there, or the beginning of it."""
    columns: list[Sequence[str | None]] = field(default_factory=list)
    """The text of each column of the file, as it came."""

    def __len__(self) -> int:
        return len(self.payloads)

    def refuse(self, place: int, detail: str, raw: bytes) -> None:
        self.faults[place] = BadRow(detail)
        self.raw[place] = raw[:1000].decode(errors="replace")


def read_rows(batch: Batch, records: Iterable[Record], first: int) -> Rows:
    given = [record for record in records if not is_empty(record)]
    rows = Rows(first)
    if batch.format == Batch.Format.CSV:
        _read_csv(batch, given, rows)
    else:
        _read_json(batch, given, rows)
    return rows


def facts_of(batch: Batch) -> dict[str, Field]:
    """What the model is asked with, by name."""
    names = batch.model_version.feature_names if batch.minimal else None
    return {field.name: field for field in catalog.get(batch.predictor).fields(names)}


def _read_csv(batch: Batch, records: Sequence[Record], rows: Rows) -> None:
    width = len(batch.columns)
    table = [_cells(place, record, batch, rows) for place, record in enumerate(records)]
    rows.columns = list(zip(*table, strict=True)) or [()] * width
    facts = facts_of(batch)
    names = [name for name in batch.columns if name in facts]
    values = [
        list(map(Values(facts[name]).__getitem__, rows.columns[batch.columns.index(name)]))
        for name in names
    ]
    for row in zip(*values, strict=True):
        payload = dict(zip(names, row, strict=True))
        if None in row:
            payload = {name: value for name, value in payload.items() if value is not None}
        rows.payloads.append(payload)


def _cells(place: int, record: Record, batch: Batch, rows: Rows) -> list[str]:
    """As many as there are columns, whatever the row is like."""
    width = len(batch.columns)
    try:
        if not record.raw:
            raise csv.Error("the row is longer than 64 KB")
        cells = cells_of(record.raw.decode(), batch.separator)
        if len(cells) == width:
            return cells
        # The commas that spreadsheets leave at the end of a row.
        if len(cells) > width and not any(cells[width:]):
            return cells[:width]
        detail = f"{len(cells)} cells, where the header has {width}"
    except UnicodeDecodeError:
        cells, detail = record.raw.decode(errors="replace").split(batch.separator), "not UTF-8"
    except csv.Error as error:
        cells, detail = [record.raw[:1000].decode(errors="replace").rstrip()], str(error)
    rows.refuse(place, detail, record.raw)
    return [*cells, *([""] * width)][:width]


def _read_json(batch: Batch, records: Sequence[Record], rows: Rows) -> None:
    facts = facts_of(batch)
    objects = []
    for place, record in enumerate(records):
        found = _object(place, record, rows)
        objects.append(found)
        rows.payloads.append({name: value for name, value in found.items() if name in facts})
    rows.columns = [[_text(found.get(name)) for found in objects] for name in batch.columns]


def _object(place: int, record: Record, rows: Rows) -> dict[str, Any]:
    detail = "the line is longer than 64 KB"
    if record.raw:
        try:
            found = decode(record.raw.strip()).payload
            if isinstance(found, dict):
                return found
            detail = "not a JSON object"
        except DomainError as error:
            detail = error.detail.replace("the body", "the line")
    rows.refuse(place, detail, record.raw)
    return {}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
