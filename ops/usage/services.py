"""Who asked for what, and what was answered: read from the counts."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import Error
from django.db.models import Min

from ops.usage import gathering
from ops.usage.models import (
    CallerCount,
    CallerCountQuerySet,
    Grain,
    RequestCount,
    RequestTotal,
    Spool,
)
from ops.usage.sharing import Shared

logger = logging.getLogger(__name__)

CLASSES = ("2xx", "3xx", "4xx", "5xx")
LISTED_CALLERS = 100
MINUTES_KEPT = timedelta(days=2)
# A machine whose requests were not read for so long is gone; what it still has is counted when it
# is back.
GONE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    route: str


Statuses = Counter[int]
"""How many requests were answered with a status."""


@dataclass(frozen=True, slots=True)
class Usage:
    first: date
    """days are UTC"""
    last: date
    counted_until: datetime
    by_day: dict[date, dict[Endpoint, Statuses]]
    """every day of them, also without a request"""
    callers: dict[str, Statuses] | None
    """most requests first; None: not asked for"""


@dataclass(slots=True)
class Total:
    """Of one endpoint and status, since the service was first started."""

    endpoint: Endpoint
    status: int
    requests: int = 0
    microseconds: int = 0
    within: Counter[float] = field(default_factory=Counter)
    """by the bounds of `records.BOUNDS`"""


def usage(*, days: int, endpoint: str = "", caller: str = "", with_callers: bool = False) -> Usage:
    """Of so many days up to now, all or of one endpoint or one caller."""
    catch_up()
    last = datetime.now(UTC).date()
    first = last - timedelta(days=days - 1)
    named = CallerCount.objects.between(first, last)
    if endpoint:
        named = named.of(endpoint)
    if caller:
        named = named.by(caller)
    by_day: dict[date, dict[Endpoint, Statuses]] = {
        first + timedelta(days=n): {} for n in range(days)
    }
    rows = named.summed_by_day() if caller else _of_all(first, last, endpoint)
    for day, method, route, status, count in rows:
        by_day[day].setdefault(Endpoint(method, route), Counter())[status] += count
    return Usage(first, last, counted_until(), by_day, _callers(named) if with_callers else None)


def requests_between(*, start: datetime, end: datetime) -> dict[Endpoint, Statuses]:
    """Of the minutes from `start` to before `end`; where minutes are not kept, of the hours."""
    catch_up()
    found: dict[Endpoint, Statuses] = {}
    for grain, first, last in _parts(start, end):
        rows = RequestCount.objects.between(grain, first, last)
        for method, route, status, count in rows.summed():
            found.setdefault(Endpoint(method, route), Counter())[status] += count
    return found


def _parts(start: datetime, end: datetime) -> list[tuple[Grain, datetime, datetime]]:
    """A long window is of hours, and of minutes in the hour in which it ends."""
    minutes_from = datetime.now(UTC) - MINUTES_KEPT
    if start > minutes_from:
        return [(Grain.MINUTE, _floor(start, Grain.MINUTE), end)]
    start, last_hour = _floor(start, Grain.HOUR), _floor(end, Grain.HOUR)
    if last_hour < minutes_from:
        return [(Grain.HOUR, start, end)]
    return [(Grain.HOUR, start, last_hour), (Grain.MINUTE, last_hour, end)]


def totals() -> list[Total]:
    """In a fixed order."""
    catch_up()
    found: dict[tuple[Endpoint, int], Total] = {}
    for row in RequestTotal.objects.order_by("route", "method", "status", "within"):
        endpoint = Endpoint(row.method, row.route)
        total = found.setdefault((endpoint, row.status), Total(endpoint, row.status))
        total.requests += row.count
        total.microseconds += row.microseconds
        total.within[row.within] += row.count
    return list(found.values())


def counted_until() -> datetime:
    """All that was answered before is in the counts."""
    reading = Spool.objects.live().read_within(GONE_AFTER)
    oldest: datetime | None = reading.aggregate(oldest=Min("read_at"))["oldest"]
    return oldest or datetime.now(UTC)


def catch_up() -> None:
    """Count what this machine's processes answered up to now; other machines do it themselves.

    Many who ask at once share the work of one.
    """
    _catching_up.ask()


def _catch_up() -> None:
    try:
        gathering.gather_all()
    except (Error, OSError) as error:  # somebody else is at it for long: what is there is shown
        logger.warning("requests are counted later: %s", " ".join(str(error).split()))


_catching_up = Shared(_catch_up)


def remove_old_counts() -> int:
    """How many rows. The totals stay."""
    now = datetime.now(UTC)
    midnight = datetime.combine(now.date(), time.min, UTC)
    return gathering.remove_before(
        midnight - timedelta(days=settings.USAGE_DAYS - 1), now - MINUTES_KEPT
    )


def summed(statuses: Iterable[Statuses]) -> Statuses:
    total: Statuses = Counter()
    for one in statuses:
        total.update(one)
    return total


def _of_all(first: date, last: date, route: str) -> Iterable[tuple[date, str, str, int, int]]:
    start = datetime.combine(first, time.min, UTC)
    end = datetime.combine(last + timedelta(days=1), time.min, UTC)
    rows = RequestCount.objects.between(Grain.HOUR, start, end)
    return (rows.of(route) if route else rows).summed_by_day()


def _callers(rows: CallerCountQuerySet) -> dict[str, Statuses]:
    found: dict[str, Statuses] = {}
    for name, status, count in rows.summed_by_caller():
        found.setdefault(name, Counter())[status] += count
    return dict(sorted(found.items(), key=lambda item: (-item[1].total(), item[0])))


def _floor(moment: datetime, grain: Grain) -> datetime:
    moment = moment.replace(second=0, microsecond=0)
    return moment if grain == Grain.MINUTE else moment.replace(minute=0)


def rename_caller(*, caller: str, name: str) -> int:
    """Requests of the caller are counted as those of `name`; in how many rows."""
    return CallerCount.objects.by(caller).update(caller=name)
