"""Real seconds into the table: each once, and each resolves the predictions made for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from learning.fields import Fault
from predictions.errors import InvalidInput
from predictors.bitcoin.errors import SecondsBusy
from predictors.bitcoin.frames import data_kind
from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from predictors.bitcoin.models import Forecast, Second
from predictors.bitcoin.resolving import LONGEST_GAP, resolve

Values = tuple[float, ...]
"""In the order of SECOND_COLUMNS."""


AT_ONCE = 2_000
"""Seconds in one statement."""
LONGEST_WAIT = "2s"
"""For others who record: a web process has few threads, and a load of a file takes minutes."""


@dataclass(frozen=True, slots=True)
class Recorded:
    added: int
    known: int
    """Were there already, with the same numbers."""
    resolved: int
    """Predictions whose second came."""
    newest: datetime | None
    """Of all seconds that are there now."""


def record_seconds(
    *,
    seconds: Mapping[datetime, Values],
    recorded_by: str,
    is_synthetic: bool | None = None,
    names: Mapping[datetime, str] | None = None,
    is_patient: bool = True,
) -> Recorded:
    """All or none. `is_synthetic`: None for as those that are there.

    Made-up seconds make room for real ones that come from a file (False); what is told otherwise
    to a service that runs on made-up seconds counts as made up too, for both never mix. `names`:
    what stands before the name of a field in a fault. Raises InvalidInput if one is there already
    with other numbers; SecondsBusy, unless one `is_patient`, if others record for long.
    """
    with transaction.atomic():
        _one_at_a_time(is_patient=is_patient)
        if is_synthetic is None:
            is_synthetic = data_kind() == "synthetic"
        elif not is_synthetic and Second.objects.filter(is_synthetic=True).delete()[0]:
            Forecast.objects.all().delete()  # all of them were about made-up seconds
        times = sorted(seconds)
        known = _known(times)
        _require_equal(known, seconds, names or {})
        new = [time for time in times if time not in known]
        Second.objects.bulk_create(
            (
                Second(
                    time=time,
                    is_synthetic=is_synthetic,
                    recorded_by=recorded_by[:150],
                    **dict(zip(SECOND_COLUMNS, seconds[time], strict=True)),
                )
                for time in new
            ),
            batch_size=AT_ONCE,
        )
        resolved = 0
        for run in _runs(new):
            misled = _misled(run)
            resolved += resolve(sorted([*run, *misled]), recorded=misled)
        newest = Second.objects.order_by("-time").values_list("time", flat=True).first()
    return Recorded(added=len(new), known=len(known), resolved=resolved, newest=newest)


def _one_at_a_time(*, is_patient: bool) -> None:
    """Until the transaction ends: two that bring the same second wait for each other."""
    with connection.cursor() as cursor:
        if not is_patient:
            cursor.execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'")
        try:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('bitcoin:seconds'))")
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                reason = f"others have been recording for {LONGEST_WAIT}; nothing was recorded"
                raise SecondsBusy(reason) from error
            raise


def _runs(times: Sequence[datetime]) -> Iterator[list[datetime]]:
    """Without long gaps, in which there may be any number of seconds that are known already."""
    run: list[datetime] = []
    for time in times:
        if run and time - run[-1] > LONGEST_GAP:
            yield run
            run = []
        run.append(time)
    if run:
        yield run


def _misled(new: Sequence[datetime]) -> dict[datetime, datetime]:
    """Seconds that were there before these, which came late: they were not the next.

    Each with when it was recorded. What was resolved by them is about the late ones; it is found
    again.
    """
    stored = Second.objects.order_by("time").values_list("time", "recorded_at")
    after = stored.filter(time__gt=new[-1]).first()
    times = [*stored.filter(time__gte=new[0], time__lte=new[-1]), *([after] if after else [])]
    added = set(new)
    found = {
        later: recorded_at
        for (earlier, _), (later, recorded_at) in pairwise(times)
        if earlier in added and later not in added
    }
    if found:
        Forecast.objects.filter(second__in=found).delete()
    return found


def _known(times: Sequence[datetime]) -> dict[datetime, Values]:
    known: dict[datetime, Values] = {}
    for start in range(0, len(times), AT_ONCE):
        rows = Second.objects.filter(time__in=times[start : start + AT_ONCE])
        found = rows.values_list("time", *SECOND_COLUMNS)
        known |= {time: tuple(values) for time, *values in found}
    return known


def _require_equal(
    known: Mapping[datetime, Values],
    seconds: Mapping[datetime, Values],
    names: Mapping[datetime, str],
) -> None:
    faults = []
    for time, there in known.items():
        for name, was, said in zip(SECOND_COLUMNS, there, seconds[time], strict=True):
            if was != said:
                shown = f"{time:%Y-%m-%dT%H:%M:%SZ}"
                detail = f"{said!r}; {was!r} was recorded of {shown} before"
                field = names.get(time, "") + name
                faults.append(Fault(field, detail, "a second is recorded once"))
    if faults:
        raise InvalidInput(faults)
