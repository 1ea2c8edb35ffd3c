"""Why something is changed, as it is sent with the order to change it."""

from collections.abc import Iterable, Mapping

from django.http import HttpRequest

from learning.fields import Fault
from predictions.errors import InvalidInput, NotAnObject
from predictions.lengths import content_length, is_chunked
from predictions.parsing import read_json

REASON_LENGTH = 1_000


def read_reason(request: HttpRequest) -> str:
    """`{"reason": "…"}`, or nothing at all. Raises MalformedRequest, NotAnObject, InvalidInput."""
    if content_length(request) == 0 and not is_chunked(request):
        return ""
    payload = read_json(request).payload
    if not isinstance(payload, Mapping):
        raise NotAnObject('send one JSON object, {"reason": "…"}, or nothing')
    faults = unknown(payload.keys() - {"reason"}, "only: reason")
    reason = payload.get("reason", "")
    accepted = f"text of at most {REASON_LENGTH} characters, none of them NUL"
    if not isinstance(reason, str):
        faults.append(Fault("reason", "not text", accepted))
    elif len(reason) > REASON_LENGTH or "\x00" in reason:
        faults.append(Fault("reason", "too long, or a NUL in it", accepted))
    if faults:
        raise InvalidInput(faults)
    return str(reason)


def unknown(names: Iterable[str], accepted: str) -> list[Fault]:
    return [Fault(str(name)[:100], "unknown field", accepted) for name in sorted(names)]
