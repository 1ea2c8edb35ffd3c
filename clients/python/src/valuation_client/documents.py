"""From JSON to the types of the answers."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from valuation_client.errors import UnexpectedAnswer

T = TypeVar("T")
_NAME = "name in JSON"


def called(name: str) -> Any:
    """A member whose name is no name in Python."""
    return field(metadata={_NAME: name})


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    """In Python."""
    key: str
    """In JSON."""
    kind: Any
    is_required: bool


@cache
def members_of(kind: type) -> tuple[Member, ...]:
    hints = get_type_hints(kind)
    return tuple(
        Member(
            member.name,
            member.metadata.get(_NAME, member.name),
            hints[member.name],
            _is_required(member),
        )
        for member in fields(kind)
    )


def _is_required(member: Field[Any]) -> bool:
    return member.default is MISSING and member.default_factory is MISSING


def build(kind: type[T], document: Any, where: str = "answer") -> T:
    """A `kind` from its document; members that it does not know are passed over, for the API may
    gain some. Raises UnexpectedAnswer."""
    return cast(T, _value(kind, document, where))


def _value(kind: Any, found: Any, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return found
    if origin in (Union, types.UnionType):
        return _one_of(arguments, found, where)
    if origin is Literal:
        return found  # the API may gain words; what is not known is shown as it is
    if origin is tuple:
        items = _checked(list, found, where)
        return tuple(
            _value(arguments[0], item, f"{where}[{place}]") for place, item in enumerate(items)
        )
    if origin in (Mapping, dict) or (origin and issubclass(origin, Mapping)):
        content = _checked(dict, found, where)
        return {
            name: _value(arguments[1], item, f"{where}.{name}") for name, item in content.items()
        }
    if is_dataclass(kind):
        return _record(cast(type, kind), _checked(dict, found, where), where)
    return _scalar(kind, found, where)


def _one_of(kinds: Sequence[Any], found: Any, where: str) -> Any:
    if found is None and type(None) in kinds:
        return None
    (kind,) = (kind for kind in kinds if kind is not type(None))
    return _value(kind, found, where)


def _record(kind: type, document: Mapping[str, Any], where: str) -> Any:
    values = {}
    for member in members_of(kind):
        if member.key in document:
            values[member.name] = _value(member.kind, document[member.key], f"{where}.{member.key}")
        elif member.is_required:
            raise UnexpectedAnswer(f"{where} has no {member.key}")
    return kind(**values)


def _scalar(kind: Any, found: Any, where: str) -> Any:
    if kind is datetime or kind is date:
        text = _checked(str, found, where)
        try:
            return kind.fromisoformat(text)
        except ValueError:
            raise UnexpectedAnswer(f"{where}: {text[:50]!r} is no {kind.__name__}") from None
    if kind is float and isinstance(found, int) and not isinstance(found, bool):
        return float(found)
    if kind is int and isinstance(found, bool):
        raise UnexpectedAnswer(f"{where}: {found} is no int")
    return _checked(kind, found, where)


def _checked(kind: type, found: Any, where: str) -> Any:
    if not isinstance(found, kind):
        raise UnexpectedAnswer(f"{where}: {str(found)[:50]!r} is no {kind.__name__}")
    return found
