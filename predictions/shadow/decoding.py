"""From when on a comparison is asked for."""

from datetime import UTC, datetime

from django.http import QueryDict

from learning.fields import Fault
from predictions.errors import InvalidInput

SINCE = "since"


def read_since(query: QueryDict) -> datetime | None:
    """Raises InvalidInput."""
    faults = [
        Fault(name[:100], "unknown", f"only: {SINCE}") for name in sorted(query) if name != SINCE
    ]
    since = None
    if SINCE in query:
        try:
            since = datetime.fromisoformat(str(query[SINCE]))
        except ValueError:
            faults.append(Fault(SINCE, "no moment", "such as 2026-05-01 or 2026-05-01T08:30:00Z"))
    if faults:
        raise InvalidInput(faults)
    return since.replace(tzinfo=UTC) if since and since.tzinfo is None else since
