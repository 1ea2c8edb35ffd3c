"""Days of the counts are compared with the log, and counted again where they differ."""

import time
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from predictions.models import Prediction, first_id
from predictions.traffic import adding
from predictions.traffic.counting import HALF, LONG, locked, row, save
from predictions.traffic.models import DAY, KEPT, LONGEST, SIX_HOURS, EndpointTraffic, Progress
from predictions.traffic.windows import floor

# Each in a transaction of its own.
PART = timedelta(minutes=SIX_HOURS)
COMPARE_SECONDS = 60.0


def count_differing_again(*, seconds: float = COMPARE_SECONDS) -> list[date]:
    """Compare counts with the log; the days (UTC) that differed, which are counted again.

    A row that a clock far behind wrote is not found where rows of now are looked for, but here.
    Each day is compared once, an hour after its end; some hours at a time, between which others
    count. After so many seconds only a day that is being counted again is still brought to its end.
    """
    ends = time.monotonic() + seconds
    differing: list[date] = []
    goes_on = True
    while goes_on:
        with transaction.atomic():
            progress = locked(wait=True)
            assert progress is not None
            if progress.recounted_until is not None:
                _count_part_again(progress)
            elif time.monotonic() > ends or progress.written_from or not progress.counted_until:
                break
            else:
                goes_on = _compare_part(progress)
                if progress.recounted_until is not None:
                    differing.append((progress.recounted_until - timedelta(days=1)).date())
            save(progress)
    return differing


def _compare_part(progress: Progress) -> bool:
    """The next one; whether its day is over, else it has to wait."""
    assert progress.counted_until is not None
    start = _to_compare(progress.counted_until, progress.compared_until)
    day = floor(start, DAY)
    day_ends = day + timedelta(days=1)
    progress.compared_until = start
    if day_ends > progress.counted_until - LONG:
        return False
    if _differs(start, start + PART):
        # All of it: the day has counts that are not those of its parts.
        for table in KEPT:
            table._default_manager.filter(period__gte=day, period__lt=day_ends).delete()
        progress.compared_until = day
        progress.recounted_until, progress.recounted_before = day_ends, progress.transaction
    else:
        progress.compared_until = start + PART
    return True


def _to_compare(counted_until: datetime, compared_until: datetime | None) -> datetime:
    """Where to go on. To begin with, the present day: what was before is counted from the log."""
    oldest = floor(counted_until - LONGEST + timedelta(days=1), DAY)
    return max(compared_until or floor(counted_until, DAY), oldest)


def _differs(start: datetime, end: datetime) -> bool:
    of = EndpointTraffic.objects.filter(grain=SIX_HOURS, period__gte=start, period__lt=end)
    counted = of.aggregate(rows=Sum("count"))["rows"] or 0
    return bool(Prediction.objects.since(start).before(end).count() != counted)


def _count_part_again(progress: Progress) -> None:
    """Of a day that was forgotten. What was written since then is left to `count_up`."""
    assert progress.recounted_until is not None and progress.recounted_before is not None
    assert progress.compared_until is not None
    end = progress.compared_until + PART
    row(
        adding.MADE_BETWEEN,
        {
            "now": progress.counted_until,
            "id_from": first_id(progress.compared_until),
            "id_before": first_id(end),
            # When it was forgotten this was an hour ago, at least.
            "long_before": progress.recounted_until,
            "first": progress.recounted_before,
            "end": progress.recounted_before + HALF,
        },
    )
    progress.compared_until = end
    if end >= progress.recounted_until:
        progress.recounted_until = progress.recounted_before = None
