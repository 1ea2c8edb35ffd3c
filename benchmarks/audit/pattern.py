"""One question that the service answered and logged: every made row has its sizes."""

import json
import uuid

import numpy as np
import orjson
from django.test import Client

from learning.fields import example_of
from predictions import catalog
from predictions.audit import AuditRow
from predictions.models import Prediction


def ask() -> str:
    """The id of a row that the service itself wrote."""
    home = example_of(catalog.get("homes").fields())
    client = Client(SERVER_NAME="localhost")
    response = client.post("/api/predict/", json.dumps(home), content_type="application/json")
    return str(response.json()["id"])


def row_like(identity: str) -> AuditRow:
    """To be written again, with other ids."""
    logged = Prediction.objects.get(id=uuid.UUID(identity))
    return AuditRow(
        id=logged.id.bytes,
        predictor=logged.predictor,
        endpoint=logged.endpoint,
        caller=logged.caller,
        request_id=logged.request_id,
        api_version=logged.api_version,
        request=json.dumps(logged.request).encode(),
        model_version_id=logged.model_version_id,
        features=np.array(logged.features),
        prediction=logged.prediction,
        response=orjson.dumps(logged.response),
    )
