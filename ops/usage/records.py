"""One request as a line of a spool, and many lines as counts."""

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

BOUNDS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, math.inf),
)
"""Seconds: a request counts under the first that it does not exceed."""
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
OTHER_METHOD = "(other)"
NAMED = ("user:", "key:")
"""So begin callers who authenticated, and no address."""
ROUTE_LENGTH = 200
CALLER_LENGTH = 200

_TEXTS = tuple(str(bound) for bound in BOUNDS)
_BOUNDS = dict(zip(_TEXTS, BOUNDS, strict=True))
_NUMBER = re.compile("[0-9]{1,11}", re.ASCII)
_STATUS = re.compile("[1-9][0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """Requests that are counted together."""

    minute: int
    """since 1970, UTC"""
    method: str
    route: str
    status: int
    within: float
    """one of BOUNDS"""
    caller: str


@dataclass(slots=True)
class Counted:
    requests: Counter[Kind]
    microseconds: Counter[Kind]
    damaged: int = 0
    """lines that are no record"""


def record(
    *, minute: int, method: str, route: str, status: int, caller: str, seconds: float
) -> bytes:
    """A line. The route has no tab; what a client wrote (method, caller) may have anything."""
    if method not in METHODS:
        method = OTHER_METHOD
    if not caller.isprintable():
        caller = "".join(letter if letter.isprintable() else "?" for letter in caller)
    within = _TEXTS[bisect_left(BOUNDS, seconds)]
    microseconds = max(0, round(seconds * 1e6))
    return (f"{minute}\t{method}\t{route}\t{status}\t{within}\t{caller}\t{microseconds}\n").encode(
        "utf-8", "replace"
    )


def counted(lines: bytes) -> Counted:
    """Whole lines, the last one ended too. Most are equal but for their microseconds."""
    requests: Counter[bytes] = Counter()
    microseconds: Counter[bytes] = Counter()
    for line in filter(None, lines.split(b"\n")):
        key, _, duration = line.rpartition(b"\t")
        requests[key] += 1
        microseconds[key] += int(duration) if duration.isdigit() and len(duration) < 12 else 0
    found = Counted(Counter(), Counter())
    for key, count in requests.items():
        kind = _kind(key)
        if kind is None:
            found.damaged += count
            continue
        found.requests[kind] += count
        found.microseconds[kind] += microseconds[key]
    return found


def whole_lines(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]


def _kind(key: bytes) -> Kind | None:
    """None for a line that was torn when its process was killed or its disk was full."""
    parts = list(_texts(key))
    if len(parts) != 6:
        return None
    minute, method, route, status, within, caller = parts
    is_known = method in METHODS or method == OTHER_METHOD
    if not (is_known and route and caller and within in _BOUNDS):
        return None
    if not (_NUMBER.fullmatch(minute) and _STATUS.fullmatch(status)):
        return None
    return Kind(
        int(minute),
        method,
        route[:ROUTE_LENGTH],
        int(status),
        _BOUNDS[within],
        caller[:CALLER_LENGTH],
    )


def _texts(key: bytes) -> Iterator[str]:
    for part in key.split(b"\t"):
        # PostgreSQL has no NUL; a record has none, but what a crash left may.
        yield part.decode("utf-8", "replace").replace("\x00", "")
