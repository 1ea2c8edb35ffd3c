"""What the clients saw, against what the log has."""

import math
from collections import Counter
from collections.abc import Sequence

import psycopg

from benchmarks.asking import FAILED, Reply
from benchmarks.comparison.product import Product


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so many are not above; NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else math.nan


def statuses(replies: Sequence[Reply]) -> str:
    counts = Counter(reply.status for reply in replies)
    names = {FAILED: "no answer"}
    return ", ".join(f"{count} × {names.get(s, s)}" for s, count in sorted(counts.items()))


def check_log(product: Product, replies: Sequence[Reply]) -> tuple[int, int, int]:
    """Acknowledged answers missing from the log, acknowledged twice, of another version there."""
    acknowledged = [reply for reply in replies if reply.status == 200]
    with psycopg.connect(product.database_url) as connection:
        rows = connection.execute(
            "SELECT p.id::text, v.version FROM predictions_prediction p "
            "JOIN modelregistry_modelversion v ON v.id = p.model_version_id WHERE p.id = ANY(%s)",
            [[reply.id for reply in acknowledged]],
        )
        logged: dict[str, int] = dict(rows.fetchall())
    missing = sum(reply.id not in logged for reply in acknowledged)
    twice = len(acknowledged) - len({reply.id for reply in acknowledged})
    other = sum(logged.get(reply.id, reply.version) != reply.version for reply in acknowledged)
    return missing, twice, other
