"""The header `Idempotency-Key`: draft-ietf-httpapi-idempotency-key-header."""

import hashlib
import re

from django.http import HttpRequest

from predictions.idempotency.errors import MalformedKey
from predictions.idempotency.services import Asked

HEADER = "Idempotency-Key"
META = "HTTP_IDEMPOTENCY_KEY"
PATTERN = "^[!-~]{1,255}$"
_KEY = re.compile(PATTERN.strip("^$"), re.ASCII)


def read_key(request: HttpRequest) -> str | None:
    """As it stands there, quotes and all; None without the header. Raises MalformedKey."""
    key: str | None = request.META.get(META)
    if key is not None and _KEY.fullmatch(key) is None:
        raise MalformedKey("1 to 255 visible ASCII characters are accepted, without spaces")
    return key


def read_asked(request: HttpRequest, *, caller: str, content: bytes) -> Asked | None:
    """None without the header. `content`: what was sent, or what stands for it.

    Raises MalformedKey.
    """
    key = read_key(request)
    if key is None:
        return None
    target = request.get_full_path()
    digest = hashlib.sha256()
    for part in (request.method, target, request.content_type):
        digest.update(f"{part}\n".encode("utf-8", "replace"))
    digest.update(content)
    return Asked(caller, key, digest.digest(), request.META["HTTP_X_REQUEST_ID"])
