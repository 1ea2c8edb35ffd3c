"""What was asked of a version in a window of time, from the audit log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from modelregistry.models import ModelVersion
from predictions.contract import Rows
from predictions.models import BATCH, Prediction, PredictionQuerySet

MOST_ROWS = 50_000
SLICES = 500
ANSWERED, REFUSED = 200, 422


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    start: datetime
    end: datetime
    rows: Rows
    """`(n_requests, n_features)` of what was answered."""
    predictions: Rows
    """`(n_requests,)`"""
    refused: int
    is_sample: bool


def read_window(version: ModelVersion, start: datetime, end: datetime) -> Window:
    """Everything if it is at most MOST_ROWS, else as many of each of SLICES equal times.

    A busy and a quiet hour then count alike; nothing reads the whole of a busy day.
    """
    requests = _requests(version, start, end)
    is_sample = requests[MOST_ROWS : MOST_ROWS + 1].exists()
    found = _sampled(version, start, end) if is_sample else _read(requests, MOST_ROWS)
    rows, predictions, refused = [], [], 0
    for status, features, prediction in found:
        if status == REFUSED:
            refused += 1
        else:
            rows.append(np.asarray(features, dtype=np.float64))
            predictions.append(prediction)
    return Window(
        start=start,
        end=end,
        rows=np.array(rows).reshape(len(rows), len(version.feature_names)),
        predictions=np.asarray(predictions, dtype=np.float64),
        refused=refused,
        is_sample=is_sample,
    )


def _requests(version: ModelVersion, start: datetime, end: datetime) -> PredictionQuerySet:
    """In the order of the index of version and id."""
    rows = Prediction.objects.since(start).before(end).filter(model_version=version)
    return rows.filter(status__in=(ANSWERED, REFUSED)).exclude(endpoint=BATCH).order_by("id")


def _sampled(version: ModelVersion, start: datetime, end: datetime) -> Iterator[tuple[Any, ...]]:
    step = (end - start) / SLICES
    for place in range(SLICES):
        since = start + place * step
        yield from _read(_requests(version, since, since + step), MOST_ROWS // SLICES)


def _read(requests: PredictionQuerySet, most: int) -> Iterator[tuple[Any, ...]]:
    return requests[:most].values_list("status", "features", "prediction").iterator(2_000)
