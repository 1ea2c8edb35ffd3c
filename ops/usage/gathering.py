"""What web processes wrote to their spools becomes counts in the database, each request once.

How far a spool was read and what was counted of it are one transaction. So whoever reads, and
whenever he dies, nothing is left out or counted twice.
"""

import contextlib
import hashlib
import logging
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction

from ops.usage.models import OTHERS, CallerCount, Grain, RequestCount, RequestTotal, Spool
from ops.usage.records import NAMED, Kind, counted, whole_lines
from ops.usage.spool import SUFFIX, abandoned, spools

logger = logging.getLogger(__name__)

READ_AT_ONCE = 2**20
# A look is between following switches: nothing here may hold it up. Who asks may wait longer.
LOOK_SECONDS = 0.5
ASKED_SECONDS = 2.0
MOST_CALLERS = 1_000
"""On a day, each for itself; an address that comes later is one of the others."""
STATEMENT_MILLISECONDS = 3_000


def folder() -> Path:
    """Where this service's processes have their spools."""
    return folder_for(settings.DATABASES["default"])


def folder_for(database: Mapping[str, Any]) -> Path:
    """Each database has its own: two services may share a HOUSING_VAR, not their counts."""
    which = "\n".join(str(database.get(part, "")) for part in ("HOST", "PORT", "NAME"))
    return Path(settings.VAR) / "usage" / hashlib.sha256(which.encode()).hexdigest()[:16]


def gather_all(*, seconds: float = ASKED_SECONDS) -> None:
    """All that processes of this machine have written by now.

    After so many seconds of each file only one part more: a long outage is counted bit by bit.
    Writes nothing where nothing is new. Raises Django's database errors.
    """
    until = time.monotonic() + seconds
    paths = _named_paths()
    read = Spool.objects.positions(paths)
    for name, path in paths.items():
        _gather(name, path, is_wanted=_size(path) != read.get(name), until=until)


def gather(own: str, *, seconds: float = LOOK_SECONDS) -> None:
    """What the process with the spool `own` wrote, and then those that are gone.

    Raises Django's database errors.
    """
    until = time.monotonic() + seconds
    for name, path in sorted(_named_paths().items(), key=lambda each: str(each[0]) != own):
        _gather(name, path, is_wanted=str(name) == own, until=until)
        if time.monotonic() > until:
            return


def announce(own: str) -> None:
    """That there is a spool: from now on it is known how far it was read. As `gather`."""
    _read_on(uuid.UUID(own), folder() / f"{own}{SUFFIX}", is_abandoned=False)


def _named_paths() -> dict[uuid.UUID, Path]:
    found = {}
    for path in spools(folder()):
        with contextlib.suppress(ValueError):  # not one of ours
            found[uuid.UUID(path.stem)] = path
    return found


def _size(path: Path) -> int:
    """Asked for after the position: if both are the same, all that was written is counted."""
    try:
        return path.stat().st_size
    except FileNotFoundError:  # somebody else came to its end
        return -1


def _gather(name: uuid.UUID, path: Path, *, is_wanted: bool, until: float) -> None:
    """If it is wanted or abandoned. A part of it in any case."""
    with abandoned(path) as is_abandoned:
        if not (is_wanted or is_abandoned):
            return
        try:
            is_more = _read_some(name, path, is_abandoned=is_abandoned, until=until)
        except (DataError, IntegrityError):  # never the reason why the others are not counted
            logger.exception("%s cannot be counted", path)
            return
        if is_abandoned and not is_more:
            _remove(path)


def _read_some(name: uuid.UUID, path: Path, *, is_abandoned: bool, until: float) -> bool:
    """Whether there is more: who asks does not wait for all that a long outage left."""
    while _read_on(name, path, is_abandoned=is_abandoned):
        if time.monotonic() > until:
            return True
    return False


def _read_on(name: uuid.UUID, path: Path, *, is_abandoned: bool) -> bool:
    """Whether there is more."""
    with transaction.atomic():
        now = _begin()
        spool = Spool.objects.hold(name)
        if spool.is_finished:
            return False
        # Opened only now that nobody else reads it: who did before may have removed it.
        content = _content(path, spool.read_bytes)
        lines = whole_lines(content)
        _count(lines, now, path)
        is_all = len(content) < READ_AT_ONCE
        # So much without the end of a line is what a power failure left: none of it is a record.
        spool.read_bytes += len(lines) or (0 if is_all else len(content))
        if is_all:
            spool.read_at, spool.is_finished = now, is_abandoned
        spool.save(update_fields=["read_bytes", "read_at", "is_finished"])
    return not is_all


def _begin() -> datetime:
    """The database's clock. Within this transaction nobody is waited for without end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement_timestamp(), set_config('statement_timeout', %s, true)",
            [str(STATEMENT_MILLISECONDS)],
        )
        now: datetime = cursor.fetchone()[0]
    return now


def _content(path: Path, start: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(READ_AT_ONCE)
    except FileNotFoundError:
        return b""


def _remove(path: Path) -> None:
    """It is marked as finished: should it stay, or come back, it is not read again."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s stays: %s", path, error)


def _count(lines: bytes, now: datetime, path: Path) -> None:
    found = counted(lines)
    if found.damaged:
        logger.warning("%s: %d damaged lines are left out", path, found.damaged)
    this_minute = int(now.timestamp()) // 60
    _count_periods(found.requests, this_minute)
    _count_callers(found.requests, this_minute)
    totals: dict[tuple[str, str, int, float], tuple[int, int]] = {}
    for kind, count in found.requests.items():
        key = kind.method, kind.route, kind.status, kind.within
        before = totals.get(key, (0, 0))
        totals[key] = before[0] + count, before[1] + found.microseconds[kind]
    RequestTotal.objects.add((*key, *sums) for key, sums in totals.items())


def _moment(kind: Kind, this_minute: int) -> datetime:
    """Its minute; what a wrong clock puts into the future happened now."""
    return datetime.fromtimestamp(min(kind.minute, this_minute) * 60, UTC)


def _count_periods(requests: Counter[Kind], this_minute: int) -> None:
    counts: Counter[tuple[str, datetime, str, str, int]] = Counter()
    for kind, count in requests.items():
        minute = _moment(kind, this_minute)
        for grain, period in ((Grain.MINUTE, minute), (Grain.HOUR, minute.replace(minute=0))):
            counts[grain.value, period, kind.method, kind.route, kind.status] += count
    RequestCount.objects.add((*key, count) for key, count in counts.items())


def _count_callers(requests: Counter[Kind], this_minute: int) -> None:
    days: dict[date, list[tuple[Kind, int]]] = {}
    for kind, count in requests.items():
        days.setdefault(_moment(kind, this_minute).date(), []).append((kind, count))
    counts: Counter[tuple[date, str, str, str, int]] = Counter()
    for day, found in days.items():
        named = _named(day, [kind.caller for kind, _ in found])
        for kind, count in found:
            caller = kind.caller if kind.caller in named else OTHERS
            counts[day, caller, kind.method, kind.route, kind.status] += count
    CallerCount.objects.add((*key, count) for key, count in counts.items())


def _named(day: date, callers: Iterable[str]) -> set[str]:
    """Those that are counted each for itself: there are not many who have a name.

    Of the others who comes first has room.
    """
    wanted = dict.fromkeys(callers)
    named = {caller for caller in wanted if caller.startswith(NAMED)}
    named |= CallerCount.objects.known(day, wanted.keys() - named)
    new = [caller for caller in wanted if caller not in named]
    if new:
        room = max(0, MOST_CALLERS - CallerCount.objects.callers_on(day))
        named |= set(new[:room])
    return named


def remove_before(moment: datetime, minutes_before: datetime) -> int:
    """Counts of periods before them, and what is known of spools as old. How many rows."""
    removed = [
        RequestCount.objects.before(Grain.MINUTE, minutes_before).delete()[0],
        RequestCount.objects.before(Grain.HOUR, moment).delete()[0],
        CallerCount.objects.before(moment.date()).delete()[0],
        Spool.objects.untouched_since(moment - timedelta(days=30)).delete()[0],
    ]
    return sum(removed)
