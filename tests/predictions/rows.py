"""Rows for the log, of any moment."""

import secrets
from datetime import UTC, datetime
from typing import Any

from predictions.audit import AuditRow
from predictions.models import first_id

NOW = datetime.now(UTC)


def month_ahead(months: int) -> str:
    """`2027_01`"""
    count = NOW.year * 12 + NOW.month - 1 + months
    return f"{count // 12}_{count % 12 + 1:02}"


def row_of(moment: datetime, **members: Any) -> AuditRow:
    """As serving makes one, with an id of `moment`."""
    facts: dict[str, Any] = {
        "id": first_id(moment).bytes[:8] + secrets.token_bytes(8),
        "predictor": "homes",
        "endpoint": "/test/",
        "caller": "test",
        "request_id": "test",
        "api_version": "1",
        "request": b"{}",
    }
    return AuditRow(**(facts | members))
