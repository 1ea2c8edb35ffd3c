"""How much room the database takes, the log in it, and what is left beside the files."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

from django.conf import settings
from prometheus_client.metrics_core import Metric

from ops.measures import Measure
from ops.storage import storage

DATABASE = Measure("housing_database_bytes", "the whole database on disk, with indexes")
LOG = Measure("housing_log_bytes", "the audit log in it")
ROWS = Measure("housing_log_rows", "rows of the log, as PostgreSQL estimates them")
AHEAD = Measure(
    "housing_log_months_ahead", "months after this one for which the log has a partition"
)
DISK = Measure("housing_disk_bytes", "the disk that holds `HOUSING_VAR` of who is asked")
FREE = Measure("housing_disk_free_bytes", "what is free of it")
MEASURES = (DATABASE, LOG, ROWS, AHEAD, DISK, FREE)


def collect() -> Iterator[Metric]:
    found = storage()
    today = datetime.now(UTC).date()
    ahead = sum(month.first > today for month in found.months)
    disk = shutil.disk_usage(settings.VAR)
    yield DATABASE.told([((), found.database_bytes)])
    yield LOG.told([((), found.log_bytes)])
    yield ROWS.told([((), found.log_rows)])
    yield AHEAD.told([((), ahead)])
    yield DISK.told([((), disk.total)])
    yield FREE.told([((), disk.free)])
