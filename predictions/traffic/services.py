"""What was asked, by whom, and how it went: figures of the audit log."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from predictions.models import BATCH
from predictions.traffic import comparing, counting
from predictions.traffic.counting import LATE
from predictions.traffic.models import Progress
from predictions.traffic.pictures import (
    Bin,
    Caller,
    Counts,
    Endpoint,
    Latency,
    Others,
    Picture,
    Version,
)
from predictions.traffic.reading import (
    Statuses,
    callers,
    latencies,
    latencies_of_endpoints,
    versions,
)
from predictions.traffic.windows import window_until

# What is read by several queries is read again if it was counted on meanwhile.
TRIES = 3


def count_up(*, seconds: float = counting.BUDGET_SECONDS) -> int:
    """Count what was written to the log since the last time; how many rows."""
    return counting.count_up(seconds=seconds)


def count_again() -> None:
    """Forget all counts; the next runs count the log anew."""
    counting.count_again()


def count_differing_again() -> list[date]:
    """Compare counts with the log; the days (UTC) that differed, which are counted again."""
    return comparing.count_differing_again()


def counted_until() -> datetime | None:
    """What was written to the log before then is counted; None before the first time."""
    return Progress.objects.values_list("counted_until", flat=True).first()


def picture(*, window: str) -> Picture:
    """Of one of `pictures.SPANS`, until the last minute to which no row comes late any more.

    Raises KeyError.
    """
    for _ in range(TRIES):
        before = _state()
        found = _read(before, window)
        if _state() == before:
            break
    return found


def _state() -> tuple[Any, ...]:
    """Of the counts, which changes with them."""
    columns = ("transaction", "counted_until", "next_until", "written_from", "id_before")
    return Progress.objects.values_list(*columns).first() or (None,) * 5


def _read(state: tuple[Any, ...], name: str) -> Picture:
    until = state[1]
    window = window_until((until or state[2] or datetime.now(UTC)) - LATE, name=name)
    statuses, times = Statuses(window), latencies(window)
    total = statuses.total
    (most_callers, all_callers), (most_versions, all_versions) = callers(window), versions(window)
    starts = [window.start + number * window.bin for number in range(window.bins)]
    single: Counter[int] = Counter()
    for (_, endpoint), counts in statuses.of_endpoint.items():
        single.update(counts if endpoint != BATCH else {})
    return Picture(
        window=name,
        start=window.start,
        end=window.end,
        bin=window.bin,
        counted_until=until,
        bins=[
            Bin(
                start,
                statuses.in_bin.get(start, Counts()),
                times.get(start, Latency()),
            )
            for start in starts
        ],
        counts=total,
        statuses=dict(sorted(single.items())),
        latency=times.get(None, Latency()),
        endpoints=_endpoints(statuses, latencies_of_endpoints(window)),
        callers=most_callers,
        other_callers=_others(total, most_callers, all_callers),
        versions=most_versions,
        other_versions=_others(total, most_versions, all_versions),
    )


def _endpoints(statuses: Statuses, times: Mapping[tuple[str, str], Latency]) -> list[Endpoint]:
    """Most rows first."""
    found = [
        Endpoint(
            predictor,
            endpoint,
            dict(sorted(counts.items())),
            times.get((predictor, endpoint), Latency()),
        )
        for (predictor, endpoint), counts in statuses.of_endpoint.items()
    ]
    return sorted(found, key=lambda one: (-one.total, one.predictor, one.endpoint))


def _others(total: Counts, shown: Sequence[Caller] | Sequence[Version], number: int) -> Others:
    return Others(number - len(shown), total.without(one.counts for one in shown))
