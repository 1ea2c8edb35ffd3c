"""Every predictor that is registered, one after the other."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from learning.fields import Field
from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.contract import Predictor

Body = dict[str, Any]
Ask = Callable[[Any], tuple[int, Any]]


@pytest.fixture(params=[predictor.name for predictor in catalog.all_predictors()])
def predictor(request: pytest.FixtureRequest, db: None) -> Predictor:
    return catalog.get(request.param)


@pytest.fixture
def version(predictor: Predictor) -> ModelVersion:
    return ModelVersion.objects.active(predictor.name).get()


@pytest.fixture
def names(version: ModelVersion) -> tuple[str, ...]:
    """The active model's inputs."""
    return tuple(version.feature_names)


@pytest.fixture
def body(predictor: Predictor) -> Body:
    """A request as the documentation shows it."""
    schema = predictor.request_schema("Request", "", predictor.fields())
    shown: Body = json.loads(json.dumps(schema["examples"][0]))
    return shown


@pytest.fixture
def ask(predictor: Predictor, api: Client) -> Ask:
    def send(body: Any) -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = api.post(predictor.address, content, content_type="application/json")
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json"
        return response.status_code, response.json()

    return send


@pytest.fixture
def required(predictor: Predictor) -> list[Field]:
    """A few of the fields that must be sent: some have hundreds."""
    found = [field for field in predictor.fields() if not field.optional]
    return list(
        {field.name: field for field in (found[0], found[len(found) // 2], found[-1])}.values()
    )
