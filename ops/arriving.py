"""What has arrived on a connection so far: a question to a predictor, or something else."""

import re
from collections.abc import Set
from enum import Enum

# A question has a few hundred bytes, or 9 kB. Larger ones are read by a thread, which may wait.
LARGEST = 65536
_POST = b"POST "
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
# With the first two, reading the body is more than reading so many bytes. With a cookie staff may
# be asking, whom the database knows; who gives the question a key may have to wait for another.
_SPECIAL = re.compile(
    rb"\r\n(?:transfer-encoding|expect|cookie|idempotency-key)[ \t]*:", re.IGNORECASE
)
_BEARER = re.compile(rb"\r\nauthorization:[ \t]*bearer[ \t]", re.IGNORECASE)


class Arrived(Enum):
    PART = 1
    """Of something small that can be waited for."""
    QUESTION = 2
    """All of it, and maybe more behind it: it can be read without waiting, and answered at once."""
    OTHER = 3


def look(received: bytes, questions: Set[bytes], *, with_key: bool = False) -> Arrived:
    """Only as far as it matters for where it is read; gunicorn's parser decides what it means.

    `questions`: the targets of requests that the main thread answers. One with a query is none of
    them: what is asked for there (comparables, say) takes some ms of computing, and everyone else's
    question in this process would wait for it. So it is with a list of questions. `with_key`: only
    who shows a key asks a question; to find out who others are may take long.
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return Arrived.PART if len(received) < LARGEST else Arrived.OTHER
    found = _LENGTH.search(received, 0, end + 2)
    if found is None or _SPECIAL.search(received, 0, end):
        return Arrived.OTHER
    missing = end + 4 + int(found[1]) - len(received)
    if missing > 0:
        return Arrived.PART if len(received) + missing <= LARGEST else Arrived.OTHER
    if not received.startswith(_POST):
        return Arrived.OTHER
    if with_key and _BEARER.search(received, 0, end + 2) is None:
        return Arrived.OTHER
    target, _, rest = received[len(_POST) : end].partition(b" ")
    is_question = target in questions and rest.startswith(b"HTTP/")
    return Arrived.QUESTION if is_question else Arrived.OTHER
