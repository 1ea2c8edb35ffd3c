"""How a version answers: counted in the audit log, newest requests first."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from predictions.models import BATCH, first_id
from predictions.promotion.models import PromotionPolicy

# Rows of batches and of lists stand between the requests: so many rows are read for each that is
# counted. Only if that shows too few to judge by are the most read, and never more.
ROWS_PER_REQUEST = 50
MOST_ROWS = 50_000

# A request that found no data to answer from (503 `not-ready`) is no version's fault, and is not
# counted at all. What was refused (4xx) never reached the model, and what did has a window of its
# own: who sends nothing but nonsense hides no failure.
#
# The items of a list are one request, and count by the share of them that failed: a thousand times
# the home that the model fails at is one request that failed. They have in common the request's id,
# which a client may use again, and their part of its time, to the bit.
COUNT = """
WITH newest AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY id DESC) AS place,
           request_id, latency_ms, endpoint, status, error
    FROM predictions_prediction
    WHERE model_version_id = %(version)s AND id >= %(first)s AND id < %(end)s
    ORDER BY id DESC LIMIT %(rows)s
), request AS MATERIALIZED (
    SELECT min(place) AS place,
           avg((status >= 500)::int::float8) AS server_error,
           avg((status = 500)::int::float8) FILTER (WHERE status NOT BETWEEN 400 AND 499) AS failed
    FROM newest
    WHERE endpoint <> %(batch)s
      AND NOT (status = 503 AND coalesce(error ->> 'code', '') = 'not-ready')
    GROUP BY request_id, latency_ms
), counted AS (
    SELECT server_error FROM request ORDER BY place LIMIT %(requests)s
), reached AS (
    SELECT failed FROM request WHERE failed IS NOT NULL ORDER BY place LIMIT %(requests)s
)
SELECT (SELECT count(*) FROM newest),
       (SELECT count(*) FROM counted), (SELECT coalesce(sum(server_error), 0) FROM counted),
       (SELECT count(*) FROM reached), (SELECT coalesce(sum(failed), 0) FROM reached)
"""
_NIL, _LAST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"
# Shares are added up: 20 times 0.05 is not above 1.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A list of which a tenth failed is a tenth of a failure: no whole numbers."""

    requests: int
    server_errors: float
    """Of these, 5xx."""
    reached: int
    """Requests that got as far as the model."""
    failed: float
    """Of these, 500: the model failed, or gave no number."""

    def faults(self, policy: PromotionPolicy) -> list[str]:
        """In words, what is above the policy's limits; nothing over too few requests."""
        found = []
        for what, count, of, limit in (
            ("requests got 5xx", self.server_errors, self.requests, policy.guard_max_5xx_rate),
            ("predictions failed", self.failed, self.reached, policy.guard_max_failed_rate),
        ):
            if of >= policy.guard_sample_floor and count > limit * of:
                share = f"{count / of:.1%}, at most {limit:.1%}"
                found.append(f"{round(count, 1):g} of {of} {what} ({share})")
        return found

    def is_good(self, policy: PromotionPolicy) -> bool:
        """False also if there were too few to say."""
        return self.reached >= policy.guard_sample_floor and not self.faults(policy)


def record_of(
    version_id: int,
    policy: PromotionPolicy,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
) -> ServiceRecord:
    """Of its last `guard_requests` in that time. Batches do not count."""
    rows = min(policy.guard_requests * ROWS_PER_REQUEST, MOST_ROWS)
    read, record = _counted(version_id, policy, since, before, rows)
    if read == rows < MOST_ROWS and record.reached < policy.guard_sample_floor:
        _, record = _counted(version_id, policy, since, before, MOST_ROWS)
    return record


def _counted(
    version_id: int,
    policy: PromotionPolicy,
    since: datetime | None,
    before: datetime | None,
    rows: int,
) -> tuple[int, ServiceRecord]:
    """How many rows were read, `rows` at most, and what they say."""
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT,
            {
                "version": version_id,
                "first": first_id(since) if since else _NIL,
                "end": first_id(before) if before else _LAST,
                "rows": rows,
                "requests": policy.guard_requests,
                "batch": BATCH,
            },
        )
        read, requests, server_errors, reached, failed = cursor.fetchone()
    return read, ServiceRecord(
        requests=requests,
        server_errors=round(server_errors, _DIGITS),
        reached=reached,
        failed=round(failed, _DIGITS),
    )
