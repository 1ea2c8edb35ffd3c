"""What the server itself refuses, before Django sees it: problems as all others (RFC 9457)."""

import uuid
from typing import Any

import orjson
from gunicorn.http import errors

from ops.headers import DATA, EVERYWHERE, POLICY

REFUSED = (
    errors.ParseException,
    errors.InvalidChunkSize,
    errors.ChunkMissingTerminator,
    errors.InvalidChunkExtension,
)
BAD, LONG, LARGE, BUSY, BROKEN = 400, 414, 431, 503, 500
_SAID = {
    BAD: ("bad-request", "Bad Request", "this is not HTTP as this service takes it"),
    LONG: ("uri-too-long", "The address is too long", "at most 4,094 bytes with its query"),
    LARGE: (
        "headers-too-large",
        "The headers are too large",
        "at most 100 headers of 8,190 bytes each, and 65,536 together",
    ),
    BUSY: (
        "no-room",
        "There is no room",
        "too many others are slow to send; try again in a moment",
    ),
    BROKEN: ("internal-server-error", "Internal Server Error", "it is in the log"),
}


def status_of(error: Exception) -> int:
    """Not 501 for codings of a body that nobody knows: what clients invent is no fault of ours."""
    if isinstance(error, errors.LimitRequestLine):
        return LONG
    if isinstance(error, errors.LimitRequestHeaders):
        return LARGE
    return BAD if isinstance(error, REFUSED) else BROKEN


def refusal(status: int) -> bytes:
    """The whole answer. It repeats nothing of what was sent."""
    code, title, detail = _SAID[status]
    request_id = uuid.uuid4().hex
    body = orjson.dumps(
        {
            "type": f"urn:valuation-service:problem:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
            "request_id": request_id,
        }
    )
    headers: dict[str, Any] = {
        "Content-Type": "application/problem+json",
        "Content-Length": len(body),
        "Connection": "close",
        "Cache-Control": "no-store",
        "X-Request-ID": request_id,
        "X-Content-Type-Options": "nosniff",
        POLICY: DATA,
        **EVERYWHERE,
    }
    if status == BUSY:
        headers["Retry-After"] = 1
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} {title}\r\n{lines}\r\n".encode() + body
