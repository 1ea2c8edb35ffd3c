"""What OpenAPI says of limits."""

from typing import Any

_TEXT = {"type": "string"}
_ANSWERS = "Answers have it too, if there is a limit."

HEADERS: dict[str, Any] = {
    "Retry-After": {
        "description": "Seconds until it is worth asking again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Policy": {
        "description": f'Requests in so many seconds: `"key";q=60000;w=60`. {_ANSWERS}',
        "schema": _TEXT,
    },
    "RateLimit": {
        "description": f'Requests left, and seconds until more: `"key";r=59990;t=42`. {_ANSWERS}',
        "schema": _TEXT,
    },
}
"""Of a refusal because there were too many requests."""
