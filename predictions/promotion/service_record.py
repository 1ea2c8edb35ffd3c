"""How a version answers: counted in the audit log, newest requests first."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from predictions.models import BATCH, first_id
from predictions.promotion.models import PromotionPolicy

# Rows of batches stand between the requests: so many rows are read for each that is counted, at
# most, and the reading ends.
ROWS_PER_REQUEST = 50

# A request that found no data to answer from (503 `not-ready`) is no version's fault, and is not
# counted at all. What was refused (4xx) never reached the model.
COUNT = """
WITH newest AS (
    SELECT endpoint, status, error FROM predictions_prediction
    WHERE model_version_id = %(version)s AND id >= %(first)s AND id < %(end)s
    ORDER BY id DESC LIMIT %(scanned)s
), counted AS (
    SELECT status FROM newest
    WHERE endpoint <> %(batch)s
      AND NOT (status = 503 AND coalesce(error ->> 'code', '') = 'not-ready')
    LIMIT %(requests)s
)
SELECT count(*), count(*) FILTER (WHERE status NOT BETWEEN 400 AND 499),
       count(*) FILTER (WHERE status >= 500), count(*) FILTER (WHERE status = 500)
FROM counted
"""
_NIL, _LAST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    requests: int
    reached: int
    """Of these, what got as far as the model."""
    server_errors: int
    """5xx."""
    failed: int
    """500: the model failed, or gave no number."""

    def faults(self, policy: PromotionPolicy) -> list[str]:
        """In words, what is above the policy's limits; nothing over too few requests."""
        found = []
        for what, count, of, limit in (
            ("requests got 5xx", self.server_errors, self.requests, policy.guard_max_5xx_rate),
            ("predictions failed", self.failed, self.reached, policy.guard_max_failed_rate),
        ):
            if of >= policy.guard_sample_floor and count > limit * of:
                found.append(f"{count} of {of} {what} ({count / of:.1%}, at most {limit:.1%})")
        return found

    def is_good(self, policy: PromotionPolicy) -> bool:
        """False also if there were too few to say."""
        return self.reached >= policy.guard_sample_floor and not self.faults(policy)


def record_of(
    version_id: int,
    *,
    requests: int,
    since: datetime | None = None,
    before: datetime | None = None,
) -> ServiceRecord:
    """Of its last so many requests in that time. Batches do not count."""
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT,
            {
                "version": version_id,
                "first": first_id(since) if since else _NIL,
                "end": first_id(before) if before else _LAST,
                "scanned": requests * ROWS_PER_REQUEST,
                "requests": requests,
                "batch": BATCH,
            },
        )
        return ServiceRecord(*cursor.fetchone())
