"""What beat has done, and how often: rows of the admin from the first start on."""

from datetime import timedelta
from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    # Too many of them would wait where no worker takes them.
    "look-after-batches": {
        "task": "predictions.batches.look_after",
        "schedule": timedelta(seconds=5),
        "options": {"expire_seconds": 5},
    },
    "remove-old-batch-files": {
        "task": "predictions.batches.remove_old_files",
        "schedule": timedelta(hours=1),
    },
    "thin-versions": {
        "task": "predictions.versions.thin",
        "schedule": timedelta(hours=1),
        "options": {"expire_seconds": 3600},
    },
    "remove-old-answers": {
        "task": "predictions.idempotency.remove_old_answers",
        "schedule": timedelta(hours=1),
        "options": {"expire_seconds": 3600},
    },
    "forget-old-attempts": {
        "task": "predictions.logins.forget_old_attempts",
        "schedule": timedelta(hours=1),
    },
    "remove-old-usage": {"task": "ops.usage.remove_old_counts", "schedule": timedelta(days=1)},
    "make-partitions": {"task": "predictions.make_partitions", "schedule": timedelta(days=1)},
    "count-traffic": {
        "task": "predictions.traffic.count_up",
        "schedule": timedelta(seconds=10),
        "options": {"expire_seconds": 10},
    },
    "compare-traffic": {
        "task": "predictions.traffic.compare",
        "schedule": timedelta(hours=1),
        "options": {"expire_seconds": 3600},
    },
    "add-intervals": {
        "task": "predictions.outcomes.add_intervals",
        "schedule": timedelta(seconds=30),
    },
    "check-drift": {
        "task": "predictions.drift.check",
        "schedule": timedelta(hours=1),
        "options": {"expire_seconds": 3600},
    },
    "look-after-training": {
        "task": "predictions.training.look_after",
        "schedule": timedelta(seconds=5),
        "options": {"expire_seconds": 5},
    },
    "score-shadows": {
        "task": "predictions.shadow.score",
        "schedule": timedelta(seconds=2),
        "options": {"expire_seconds": 10},
    },
    "remove-old-shadow-answers": {
        "task": "predictions.shadow.remove_old_answers",
        "schedule": timedelta(days=1),
    },
}
