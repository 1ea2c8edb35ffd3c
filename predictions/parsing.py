"""From the bytes of a request to JSON values; what cannot be read is not a request."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest

from predictions.errors import (
    BodyTooLarge,
    LengthRequired,
    MalformedRequest,
    UnsupportedMediaType,
)
from predictions.lengths import content_length, is_chunked

MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Parsed:
    payload: Any
    text: bytes
    """The same as JSON that PostgreSQL stores: as it was sent, if it is JSON."""


def read_json(request: HttpRequest, *, limit: int | None = None) -> Parsed:
    """Decode the body, strictly. Raises MalformedRequest or one of its kinds.

    `limit`: the most bytes, instead of HOUSING_MAX_BODY.
    """
    limit = settings.MAX_BODY_BYTES if limit is None else limit
    return decode(read_body(request, accepted=("application/json",), limit=limit))


def read_body(request: HttpRequest, *, accepted: Sequence[str], limit: int) -> bytes:
    """Raises UnsupportedMediaType, LengthRequired, BodyTooLarge."""
    if request.content_type not in accepted:
        got = request.content_type or "none"
        names = " or ".join(accepted)
        raise UnsupportedMediaType(f"content type {got[:100]}: {names} is accepted")
    if is_chunked(request):
        raise LengthRequired("send Content-Length instead of chunks")
    length = content_length(request)
    if length > limit:
        raise BodyTooLarge(f"{length} bytes: at most {limit} are accepted")
    return request.body


def decode(body: bytes) -> Parsed:
    """JSON text to values; numbers that JSON lacks (NaN, 1e400) come back as such, to be named."""
    is_json = True
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        payload = _decode_leniently(body, str(error))
        is_json = False
    if isinstance(payload, dict | list):
        # Whatever its strings hold, a body that opens one brace and nothing else is not deep.
        if body.count(b"{") > 1 or b"[" in body:
            _refuse_deep_nesting(payload)
        # One colon per key when no value holds one: most bodies need no second look.
        if body.count(b":") != _names_in(payload):
            _refuse_repeated_keys(body)
    return Parsed(payload, body if is_json else as_text(payload))


def as_text(payload: Any) -> bytes:
    """Decoded values as JSON that PostgreSQL stores."""
    return orjson.dumps(_without_special_numbers(payload))


def _decode_leniently(body: bytes, reason: str) -> Any:
    """Accept only what differs in numbers: NaN, Infinity, and integers beyond 64 bits."""
    try:
        payload = json.loads(
            body.decode(),
            parse_int=lambda digits: int(digits) if len(digits) < 19 else float(digits),
        )
        orjson.dumps(payload)  # refuses lone surrogates, which no database column takes
    except (ValueError, RecursionError, TypeError):
        raise MalformedRequest(f"the body cannot be read as JSON: {reason}") from None
    return payload


def _without_special_numbers(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _without_special_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_special_numbers(inner) for inner in value]
    return value


def _names_in(payload: dict[str, Any] | list[Any]) -> int:
    """Of all objects in it, which is not nested deeply."""
    names = 0
    inner: Iterable[Any] = payload
    if isinstance(payload, dict):
        names, inner = len(payload), payload.values()
    return names + sum([_names_in(one) for one in inner if type(one) in (dict, list)])


def _refuse_repeated_keys(body: bytes) -> None:
    """Which of two values is meant is not ours to guess (RFC 8259, 4; I-JSON forbids it)."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen:
                raise MalformedRequest(f"the name {key[:100]!r} occurs twice")
            seen[key] = value
        return seen

    try:
        json.loads(body, object_pairs_hook=unique, parse_int=float)
    except RecursionError:
        raise MalformedRequest("nested too deeply") from None


def _refuse_deep_nesting(payload: Any) -> None:
    level = [payload]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise MalformedRequest(f"nested deeper than {MAX_DEPTH} levels")
