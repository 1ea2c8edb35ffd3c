"""Facts that a client sends: their types and ranges, checked all at once.

One `Field` is used by the check at the door, by OpenAPI and by forms, so that they cannot disagree.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

MOST_NAMED = 60
"""Fields in the explanation of an unknown one."""
NOT_GIVEN = 0.0
"""In the row of a model, for an optional field that was not sent."""
# What date.fromisoformat takes besides (20150301, 2015-W09-7) is more than we want to explain.
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: Literal["integer", "number", "zipcode", "date", "choice"]
    description: str
    minimum: float = -math.inf
    """Of a date, as in a model's row: its `toordinal()`."""
    maximum: float = math.inf
    example: Any = None
    optional: bool = False
    """May be left out; not part of examples."""
    choices: tuple[str, ...] = ()
    """Of a choice; in a model's row the place of what was chosen."""

    @property
    def accepted(self) -> str:
        """In words: what a client may send."""
        if self.kind == "zipcode":
            return "five digits, as a string or an integer"
        if self.kind == "date":
            first, last = (date.fromordinal(int(day)) for day in (self.minimum, self.maximum))
            return f"a day YYYY-MM-DD from {first} to {last}"
        if self.kind == "choice":
            return f"one of {', '.join(self.choices)}"
        noun = "a whole number" if self.kind == "integer" else "a number"
        return f"{noun} from {self.minimum:,.15g} to {self.maximum:,.15g}"

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema 2020-12, for OpenAPI 3.1."""
        described: dict[str, Any] = {"description": self.description, "examples": [self.example]}
        if self.kind == "zipcode":
            return described | {
                "anyOf": [
                    {"type": "string", "pattern": "^[0-9]{5}$"},
                    {"type": "integer", "minimum": 501, "maximum": 99999},
                ]
            }
        if self.kind == "date":
            return described | {"type": "string", "format": "date"}
        if self.kind == "choice":
            return described | {"type": "string", "enum": list(self.choices)}
        return described | {
            "type": self.kind,
            "minimum": self.minimum,
            "maximum": self.maximum,
        }


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that is wrong, and what would be right."""

    field: str
    detail: str
    accepted: str

    def as_json(self) -> dict[str, str]:
        return {"field": self.field, "detail": self.detail, "accepted": self.accepted}


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 60 else f"{text[:57]}…"


def _check_zipcode(field: Field, value: Any) -> str | Fault:
    if isinstance(value, int) and not isinstance(value, bool) and 501 <= value <= 99999:
        return f"{value:05d}"
    if isinstance(value, str) and len(value) == 5 and value.isascii() and value.isdigit():
        return value
    return Fault(field.name, f"{_shown(value)} is not a zipcode", field.accepted)


def _check_date(field: Field, value: Any) -> float | Fault:
    try:
        day = date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except (TypeError, ValueError):  # no text; no such day
        day = None
    if day is None:
        return Fault(field.name, f"{_shown(value)} is not a day", field.accepted)
    if not field.minimum <= day.toordinal() <= field.maximum:
        return Fault(field.name, f"{_shown(value)} is out of range", field.accepted)
    return float(day.toordinal())


def _check_choice(field: Field, value: Any) -> float | Fault:
    if isinstance(value, str) and value in field.choices:
        return float(field.choices.index(value))
    return Fault(field.name, f"{_shown(value)} is not accepted", field.accepted)


def check_value(field: Field, value: Any) -> float | int | str | Fault:
    """The value as the model's features take it, or the fault."""
    if value is None:
        return Fault(field.name, "null is not accepted", field.accepted)
    if field.kind == "zipcode":
        return _check_zipcode(field, value)
    if field.kind == "date":
        return _check_date(field, value)
    if field.kind == "choice":
        return _check_choice(field, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Fault(field.name, f"{_shown(value)} is not a number", field.accepted)
    if isinstance(value, float) and not math.isfinite(value):
        return Fault(field.name, "NaN and Infinity are not accepted", field.accepted)
    if not field.minimum <= value <= field.maximum:
        return Fault(field.name, f"{_shown(value)} is out of range", field.accepted)
    if field.kind == "integer":
        # JSON has one number type: 3.0 is a whole number (JSON Schema 2020-12, 6.1.1).
        if value != int(value):
            return Fault(field.name, f"{_shown(value)} is not a whole number", field.accepted)
        return int(value)
    return float(value)


def check_all(
    payload: Mapping[str, Any], fields: Sequence[Field], *, refused: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], list[Fault]]:
    """Check a whole object: its values by name, and every fault in it.

    Missing and unknown names are faults; an optional field that is absent has no value. `refused`
    gives a reason of its own for names that one might expect to be accepted.
    """
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for field in fields:
        if field.name not in payload:
            if field.optional:
                continue
            faults.append(Fault(field.name, "missing", field.accepted))
            continue
        checked = check_value(field, payload[field.name])
        if isinstance(checked, Fault):
            faults.append(checked)
        else:
            values[field.name] = checked
    if len(payload) > len(values) + sum(fault.field in payload for fault in faults):
        known = [field.name for field in fields]
        accepted = f"only: {', '.join(known)}"
        if len(known) > MOST_NAMED:
            accepted = f"only the {len(known)} documented fields"
        for name in payload.keys() - set(known):
            reason = (refused or {}).get(name, "unknown field")
            faults.append(Fault(name[:100], reason, accepted))
    return values, faults


class RowReader:
    """Reads an object of these fields, and no others, into the row of a model, the quick way.

    It only says yes where `check_all` finds no fault; where it says no, `check_all` says why.
    """

    def __init__(self, fields: Sequence[Field], feature_names: Sequence[str]) -> None:
        places = {name: place for place, name in enumerate(feature_names)}
        required = [field for field in fields if not field.optional]
        self._optional = tuple(
            (field, places.get(field.name, -1)) for field in fields if field.optional
        )
        self._places_of_optional = tuple(place for _, place in self._optional if place >= 0)
        self._count = len(required)
        self._checks = tuple(
            (f.name, f.kind == "integer", f.minimum, f.maximum, places.get(f.name, -1))
            for f in required
            if f.kind != "zipcode"
        )

    def read(self, payload: Mapping[str, Any], row: npt.NDArray[np.float64]) -> bool:
        """Fill the places of the fields in `row` `(n_features,)`; False if a fault was seen.

        A zipcode is counted, not checked: whoever looks it up does.
        """
        # Without optional fields, as most are: nothing to look up.
        if len(payload) == self._count:
            for place in self._places_of_optional:
                row[place] = NOT_GIVEN
        elif not self._read_optional(payload, row):
            return False
        try:
            for name, is_whole, minimum, maximum, place in self._checks:
                value = payload[name]
                kind = type(value)
                if kind is float:
                    if is_whole and not value.is_integer():
                        return False
                elif kind is not int:
                    return False
                if not minimum <= value <= maximum:  # also NaN
                    return False
                if place >= 0:
                    row[place] = value
        except KeyError:
            return False
        return True

    def _read_optional(self, payload: Mapping[str, Any], row: npt.NDArray[np.float64]) -> bool:
        """False if one is wrong, or the others are not as many as there should be."""
        given = 0
        for field, place in self._optional:
            value: Any = NOT_GIVEN
            if field.name in payload:
                given += 1
                value = check_value(field, payload[field.name])
                if isinstance(value, Fault):
                    return False
            if place >= 0:
                row[place] = value
        return len(payload) == self._count + given


def example_of(fields: Sequence[Field]) -> dict[str, Any]:
    """An object of these fields that is accepted, without the optional ones."""
    return {field.name: field.example for field in fields if not field.optional}


def object_schema(title: str, description: str, fields: Sequence[Field]) -> dict[str, Any]:
    """JSON Schema of an object of these fields and no others."""
    return {
        "type": "object",
        "title": title,
        "description": description,
        "properties": {field.name: field.json_schema() for field in fields},
        "required": [field.name for field in fields if not field.optional],
        "additionalProperties": False,
        "examples": [example_of(fields)],
    }
