"""Logged predictions, computed again: on the version that answered, or on another one."""

import math
import struct
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice

from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.contract import Predictor, Report
from predictions.differences import Differences
from predictions.models import Prediction, PredictionQuerySet
from predictions.recomputing import CannotCompute, OtherVersion, StoredVersion

PROGRESS_ROWS = 100_000


class NotInTheLog(Exception):
    """Rows that were named and are not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows: `ids`, or those of a time; UTC, `until` itself is not in it."""

    ids: Sequence[uuid.UUID] = ()
    since: datetime | None = None
    until: datetime | None = None
    predictor: str = ""
    limit: int | None = None

    def rows(self) -> PredictionQuerySet:
        """Raises NotInTheLog."""
        # Without an end, a log that is written meanwhile would have none.
        rows = Prediction.objects.before(self.until or datetime.now(UTC))
        if self.ids:
            rows = Prediction.objects.filter(id__in=self.ids)
        if self.since is not None:
            rows = rows.since(self.since)
        if self.predictor:
            rows = rows.filter(predictor=self.predictor)
        if self.ids:
            missing = set(self.ids) - set(rows.values_list("id", flat=True))
            if missing:
                named = ", ".join(sorted(map(str, missing)))
                raise NotInTheLog(f"not among the predictions that were asked for: {named}")
        return rows


@dataclass(slots=True)
class Replayed:
    on: ModelVersion | None = None
    """None: each row on the version that answered it."""
    equal: int = 0
    """In every bit."""
    rounded: int = 0
    """Answered among many (AMONG_MANY), and equal but for the order of the sums."""
    differences: Differences = field(default_factory=Differences)
    refused: Counter[int] = field(default_factory=Counter)
    """By status: what was not answered has nothing to be computed again."""
    failed: Counter[str] = field(default_factory=Counter)
    """By reason: what was answered and cannot be computed again."""

    @property
    def count(self) -> int:
        return self.equal + self.rounded + self.differences.count


def replay(
    *, selection: Selection, version: int | None = None, report: Report | None = None
) -> Replayed:
    """Compute the selected rows again, one at a time as serving does.

    Each on the version that answered it, or all on `version` of their predictor. Raises
    NotInTheLog, UnknownPredictor, UnknownVersion; ModelUnavailable if `version` cannot be loaded.
    """
    columns: tuple[str, ...] = ("id", "endpoint", "model_version", "features", "prediction")
    columns += ("status",)
    with ExitStack() as stack:
        if version is None:
            replayed, compute = Replayed(), StoredVersion().predict
        else:
            predictor = _named(selection.predictor)
            selection = replace(selection, predictor=predictor.name)
            for reference in predictor.references:
                stack.enter_context(reference.kept())
            other = ModelVersion.objects.numbered(predictor.name, version)
            replayed, compute = Replayed(on=other), OtherVersion(predictor, other).predict
            columns += ("request",)
        rows = selection.rows().only(*columns).in_chunks()
        for number, row in enumerate(islice(rows, selection.limit), start=1):
            _replay_one(row, compute, replayed)
            if report is not None and number % PROGRESS_ROWS == 0:
                report(f"{number:,} rows so far, {replayed.differences.count:,} different")
    return replayed


def _named(predictor: str) -> Predictor:
    """Raises UnknownPredictor."""
    return catalog.get(predictor) if predictor else catalog.default()


def _replay_one(
    row: Prediction, compute: Callable[[Prediction], float], replayed: Replayed
) -> None:
    if row.features is None or row.prediction is None:
        replayed.refused[row.status] += 1
        return
    try:
        now = compute(row)
    except CannotCompute as reason:
        replayed.failed[str(reason)] += 1
        return
    if _bits(now) == _bits(row.prediction):
        replayed.equal += 1
    elif row.endpoint in AMONG_MANY and math.isclose(now, row.prediction, rel_tol=ROUNDING):
        replayed.rounded += 1
    else:
        replayed.differences.add(row.id, row.prediction, now)


# Where rows are asked together: numpy sums many in another order than one.
AMONG_MANY = frozenset({"batch", "/api/predict/bulk/"})
ROUNDING = 1e-12
_bits = struct.Struct("<d").pack
