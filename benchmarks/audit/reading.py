"""A day's page by cursor, as an operator reads it: through Django, rows and JSON parsed."""

import gc
import random
import re
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock

from predictions.models import Prediction, first_id

PAGES = 50
SIZE = 100


@dataclass(frozen=True, slots=True)
class Pages:
    place: str
    median: float
    """Milliseconds, as is `worst`."""
    worst: float
    rows: int
    """On the smallest page."""


def read(start: datetime) -> list[Pages]:
    """First, middle and last pages of days that are drawn anew for each."""
    Prediction.objects.first()  # a process connects once
    # Nor is it the log's time when Python looks through all the modules for garbage: 0.1 s, once.
    gc.collect()
    gc.freeze()
    draw = random.Random(1)  # noqa: S311
    last_day = (datetime.now(UTC) - start).days - 1
    found = []
    # Of the day, how much is newer than the page.
    for place, hours in (("first", None), ("middle", 12.0), ("last", 24 - 1e-9)):
        times, rows = [], []
        for _ in range(PAGES):
            day = (start + timedelta(days=draw.randint(0, last_day))).date()
            seconds, count = _timed(day, hours)
            times.append(seconds * 1000)
            rows.append(count)
        found.append(Pages(place, statistics.median(times), max(times), min(rows)))
    return found


def _timed(day: date, hours: float | None) -> tuple[float, int]:
    after = None
    if hours is not None:
        end = datetime.combine(day, clock(), UTC) + timedelta(days=1)
        after = first_id(end - timedelta(hours=hours))
        if hours > 23:  # the cursor that leaves one page
            after = Prediction.objects.on(day).order_by("id")[SIZE].id
    began = time.perf_counter()
    rows = list(Prediction.objects.on(day).page(after=after, size=SIZE))
    return time.perf_counter() - began, len(rows)


def plan(day: date) -> tuple[str, list[str]]:
    """How PostgreSQL reads a page, and the partitions it looks at."""
    after = first_id(datetime.combine(day, clock(12), UTC))
    text = Prediction.objects.on(day).page(after=after, size=SIZE).explain(analyze=True)
    return text, sorted(set(re.findall(r"predictions_prediction_\d{4}_\d\d", text)))
