"""Real seconds into the table: each once, and each resolves the predictions made for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from learning.fields import Fault
from predictions.errors import InvalidInput
from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from predictors.bitcoin.models import Second
from predictors.bitcoin.resolving import resolve

Values = tuple[float, ...]
"""In the order of SECOND_COLUMNS."""


@dataclass(frozen=True, slots=True)
class Recorded:
    added: int
    known: int
    """Were there already, with the same numbers."""
    resolved: int
    """Predictions whose second came."""


def record_seconds(
    *,
    seconds: Mapping[datetime, Values],
    recorded_by: str,
    is_synthetic: bool | None = None,
) -> Recorded:
    """All or none. `is_synthetic`: None for as those that are there.

    Made-up seconds make room for real ones that come from a file (False); what is told otherwise
    to a service that runs on made-up seconds counts as made up too, for both never mix. Raises
    InvalidInput if one is there already with other numbers.
    """
    with transaction.atomic():
        _one_at_a_time()
        if is_synthetic is None:
            is_synthetic = Second.objects.filter(is_synthetic=True).exists()
        elif not is_synthetic:
            Second.objects.filter(is_synthetic=True).delete()
        times = sorted(seconds)
        known = _known(times)
        _require_equal(known, seconds)
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
            batch_size=2_000,
        )
        resolved = resolve(new)
    return Recorded(added=len(new), known=len(known), resolved=resolved)


def _one_at_a_time() -> None:
    """Until the transaction ends: two that bring the same second wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('bitcoin:seconds'))")


def _known(times: Sequence[datetime]) -> dict[datetime, Values]:
    if not times:
        return {}
    rows = Second.objects.filter(time__gte=times[0], time__lte=times[-1])
    wanted = set(times)
    found = rows.values_list("time", *SECOND_COLUMNS)
    return {time: tuple(values) for time, *values in found if time in wanted}


def _require_equal(known: Mapping[datetime, Values], seconds: Mapping[datetime, Values]) -> None:
    faults = []
    for time, there in known.items():
        for name, was, said in zip(SECOND_COLUMNS, there, seconds[time], strict=True):
            if was != said:
                shown = f"{time:%Y-%m-%dT%H:%M:%SZ}"
                detail = f"{said!r}; {was!r} was recorded of {shown} before"
                faults.append(Fault(name, detail, "a second is recorded once"))
    if faults:
        raise InvalidInput(faults)
