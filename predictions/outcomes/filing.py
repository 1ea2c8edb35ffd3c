"""Files of what happened: matched to predictions, then recorded."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from learning.fields import Fault
from predictions import catalog
from predictions.outcomes.csv_rows import Row, SoldHome, read_rows
from predictions.outcomes.matching import predictions_of
from predictions.outcomes.models import Source
from predictions.outcomes.services import MOST_AT_ONCE, Reported, Result, record_outcomes


@dataclass(frozen=True, slots=True)
class Filed:
    line: int
    result: Result


def record_csv(
    *,
    text: str,
    predictor_name: str,
    window: timedelta,
    source: Source,
    recorded_by: str,
    most: int | None = None,
) -> list[Filed]:
    """Every row at least one result, in the order of the file; more if several versions answered.

    In transactions of MOST_AT_ONCE outcomes: a file that was broken off is sent again, whole. Of
    two rows of one prediction the second is refused, wherever it stands.
    Raises UnknownPredictor, and InvalidInput if it is no such CSV or has more than `most` rows.
    """
    predictor = catalog.get(predictor_name)
    rows = read_rows(text, predictor, most=most)
    found = _matched(rows, predictor.name, predictor.identity, window)
    reports = [(row.line, said) for row, said in found if isinstance(said, Reported)]
    recorded: list[Result] = []
    seen: set[uuid.UUID] = set()
    for start in range(0, len(reports), MOST_AT_ONCE):
        chunk = [report for _, report in reports[start : start + MOST_AT_ONCE]]
        recorded += record_outcomes(
            reports=chunk, source=source, recorded_by=recorded_by, seen=seen
        )
    results = iter(recorded)
    return [
        Filed(row.line, next(results) if isinstance(said, Reported) else said)
        for row, said in found
    ]


def _matched(
    rows: Sequence[Row], predictor: str, identity: Sequence[str], window: timedelta
) -> list[tuple[Row, Reported | Result]]:
    """What to record for each row, or why there is nothing."""
    homes = [row.said for row in rows if isinstance(row.said, SoldHome)]
    ids = iter(
        predictions_of(
            [home.sold for home in homes], predictor=predictor, identity=identity, window=window
        )
    )
    found: list[tuple[Row, Reported | Result]] = []
    for row in rows:
        if isinstance(row.said, SoldHome):
            found += [(row, said) for said in _reports(row.said, next(ids))]
        else:
            found.append((row, row.said or Result(faults=row.faults)))
    return found


def _reports(home: SoldHome, ids: Sequence[uuid.UUID]) -> list[Reported | Result]:
    if not ids:
        fault = Fault(
            "row",
            "no prediction of it in the window, or its predictions belong to another sale",
            "a home that was valued with all its facts",
        )
        return [Result(word="unmatched", faults=[fault])]
    return [Reported(named, home.actual, home.sold.date, home.parcel) for named in ids]
