"""Requests that are made of Python's values."""

import json
import re
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from valuation_client.retries import Retries
from valuation_client.transport import Asked

JSON = "application/json"
KEY = "Idempotency-Key"


def asked_with(
    method: str,
    path: str,
    body: object,
    *,
    params: Mapping[str, str] | None = None,
    is_safe_twice: bool = True,
) -> Asked:
    """With a body of JSON."""
    content = as_json(body)
    return Asked(
        method,
        path,
        params or {},
        headers={"Content-Type": JSON},
        body=lambda: content,
        is_safe_twice=is_safe_twice,
    )


def asked_once(
    path: str,
    body: object,
    *,
    key: str | None,
    retries: Retries,
    params: Mapping[str, str] | None = None,
) -> Asked:
    """A POST that the service does once, however often it comes."""
    content = as_json(body)
    headers = {"Content-Type": JSON} | idempotency(key, retries)
    return Asked("POST", path, params or {}, headers=headers, body=lambda: content)


def idempotency(key: str | None, retries: Retries) -> dict[str, str]:
    """The header; none where nothing is sent again: the service answers a little quicker. Raises
    ValueError."""
    if key is None:
        return {KEY: str(uuid.uuid4())} if retries.seconds > 0 else {}
    if not re.fullmatch("[!-~]{1,255}", key):
        raise ValueError("idempotency_key is 1 to 255 visible ASCII characters")
    return {KEY: key}


def as_json(value: object) -> bytes:
    """Compact, UTF-8; dates as `2015-03-01`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_as_text).encode()


def _as_text(value: Any) -> Any:
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is nothing that JSON has")


def joined(**parameters: object) -> dict[str, str]:
    """Of an address; what is None is left out."""
    return {
        name: value.isoformat() if isinstance(value, date) else str(value)
        for name, value in parameters.items()
        if value is not None
    }
