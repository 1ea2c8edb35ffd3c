import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client

from modelregistry.loading import LoadedModel, load
from modelregistry.models import ModelVersion
from predictions import recording
from predictors.homes.ml.schema import HOME_COLUMNS
from predictors.homes.models import Sale
from tests.predictions.rows import row_of
from tests.predictions.versions.conftest import quick_passwords, staff

__all__ = ("quick_passwords",)

Answers = list[dict[str, Any]]
Post = Callable[..., Any]


@pytest.fixture
def post(api: Client) -> Post:
    """Post outcomes as somebody who may."""
    otto = staff("otto", "add_outcome")

    def send(body: Any, query: str = "", **more: Any) -> Any:
        more = {"headers": otto, "content_type": "application/json"} | more
        return api.post(f"/api/outcomes/{query}", body, **more)

    return send


@pytest.fixture
def answer(api: Client, home: dict[str, Any]) -> dict[str, Any]:
    """A prediction of `home`, a home that was never sold."""
    return dict(api.post("/api/predict/", home, content_type="application/json").json())


def facts_of(sale: Sale) -> dict[str, Any]:
    return {name: getattr(sale, name) for name in HOME_COLUMNS}


def log_answers(
    version: ModelVersion,
    requests: Sequence[Mapping[str, Any]],
    inputs: np.ndarray[Any, Any],
    moment: datetime | None = None,
) -> list[tuple[str, float]]:
    """What serving would have written of these requests; the id and the prediction of each."""
    moment = moment or datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT predictions_make_partition(%s)", [moment])
    model: LoadedModel = load(version)
    predictions = model.predict(inputs).tolist()
    rows = [
        row_of(
            moment,
            request=json.dumps(request).encode(),
            model_version_id=version.pk,
            features=row,
            prediction=prediction,
            response=json.dumps({"prediction": prediction, "data": version.data}).encode(),
        )
        for request, row, prediction in zip(requests, inputs, predictions, strict=True)
    ]
    recording.record_many(rows)
    return list(zip((row.id.hex() for row in rows), predictions, strict=True))
