"""Records as web processes write them."""

import time
from typing import Any

from ops.usage.records import record


def line(**other: Any) -> bytes:
    known: dict[str, Any] = {
        "minute": int(time.time()) // 60,
        "method": "POST",
        "route": "/api/predict/",
        "status": 200,
        "caller": "192.0.2.7",
        "seconds": 0.0042,
    }
    return record(**known | other)
