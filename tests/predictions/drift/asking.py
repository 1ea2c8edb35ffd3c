"""Windows of requests, drawn from the homes that the model learned from."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from modelregistry import loading
from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.recording import record_many

from ..rows import row_of

Rows = npt.NDArray[np.float64]
AREAS = ("sqft_living", "sqft_above", "sqft_basement")


def learned(version: ModelVersion) -> Rows:
    """`(n_homes, n_features)`"""
    return catalog.get(version.predictor).training_rows(version.feature_names)


def larger(version: ModelVersion, rows: Rows, factor: float = 1.3) -> Rows:
    """The same homes with so much more living area."""
    scaled = rows.copy()
    for name in AREAS:
        place = version.feature_names.index(name)
        scaled[:, place] = np.round(scaled[:, place] * factor)
    return scaled


def answered(version: ModelVersion, rows: Rows, at: datetime | None = None, **members: Any) -> None:
    """As if these had been asked by clients, a minute ago unless `at` says when."""
    moment = at or datetime.now(UTC) - timedelta(minutes=1)
    predictions = loading.load(version).predict(rows)
    record_many(
        [
            row_of(
                moment,
                **{
                    "model_version_id": version.pk,
                    "features": row,
                    "prediction": float(prediction),
                    "response": b"{}",
                    **members,
                },
            )
            for row, prediction in zip(rows, predictions, strict=True)
        ]
    )
