"""What has arrived on a connection so far: a question to a predictor, or something else."""

import re
from collections.abc import Set
from enum import Enum
from urllib.parse import unquote_to_bytes

# A question has a few hundred bytes, or 9 kB. Larger ones are read by a thread, which may wait.
LARGEST = 65536
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,4300})[ \t]*\r\n", re.IGNORECASE)
# Reading the body is more than reading so many bytes.
_UNSAID = re.compile(rb"\r\n(?:transfer-encoding|expect)[ \t]*:", re.IGNORECASE)
# With a cookie or a password staff may be asking, whom the database knows, and to check a password
# takes long; who gives the question a key may have to wait for another; and SCRIPT_NAME, from a
# proxy, makes another address of the target. Headers that only begin so are for a thread too.
_SPECIAL = re.compile(
    rb"\r\n(?:cookie|idempotency-key|script_name"
    # One token of RFC 6750, 2.1. ops/receiving.py refuses a second Authorization.
    rb"|authorization(?!:[ \t]*bearer [-\w.~+/]+=*[ \t]*\r\n))",
    re.IGNORECASE,
)
# Longer than what is kept in memory until its client takes it (ops/pacing.py).
_STREAM = re.compile(rb"(?:https?://[^/]*)?/api/batches/[^/]+/results/", re.IGNORECASE)
_AUTHORIZATION = re.compile(rb"\r\nauthorization:", re.IGNORECASE)


class Arrived(Enum):
    PART = 1
    """Of something small that can be waited for."""
    QUESTION = 2
    """All of it, and maybe more behind it: it can be read without waiting, and answered at once."""
    OTHER = 3
    """As much, but for a thread; or none that can be read."""
    SLOW = 4
    """A thread may have to wait for the client: for the rest of it, or to take the answer."""
    ENDLESS = 5
    """Headers that do not end."""


def look(received: bytes, questions: Set[bytes], *, with_key: bool = False) -> Arrived:
    """Only as far as it matters for where it is read; gunicorn's parser decides what it means.

    `questions`: the targets of requests that the main thread answers. One with a query is none of
    them: what is asked for there (comparables, say) takes some ms of computing, and everyone else's
    question in this process would wait for it. So it is with a list of questions. `with_key`: only
    who shows a key asks a question; to find out who others are may take long.
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return Arrived.PART if len(received) < LARGEST else Arrived.ENDLESS
    found = _LENGTH.search(received, 0, end + 2)
    missing = end + 4 + int(found[1]) - len(received) if found else 0
    if _UNSAID.search(received, 0, end):
        return Arrived.SLOW
    if missing > 0:
        return Arrived.PART if len(received) + missing <= LARGEST else Arrived.SLOW
    method, _, rest = received[:end].partition(b" ")
    target, _, rest = rest.partition(b" ")
    if target not in questions:
        return Arrived.SLOW if _STREAM.match(unquote_to_bytes(target)) else Arrived.OTHER
    if found is None or method != b"POST" or _SPECIAL.search(received, 0, end + 2):
        return Arrived.OTHER
    if with_key and _AUTHORIZATION.search(received, 0, end) is None:
        return Arrived.OTHER
    return Arrived.QUESTION if rest.startswith(b"HTTP/") else Arrived.OTHER
