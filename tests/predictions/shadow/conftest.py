import csv
import json
import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from sklearn.neighbors import KNeighborsRegressor

from modelregistry import artifacts
from modelregistry.models import ModelVersion
from predictions.shadow.models import Shadow
from predictions.shadow.services import set_shadow
from predictions.shadow.tasks import score

JSON = "application/json"
FEATURES = ["hous_val_amt", "sqft_living", "bedrooms"]
"""Fewer than the active version's, in another order."""


def example_homes() -> list[dict[str, Any]]:
    with (settings.BASE_DIR / "data/sample/future_unseen_examples.csv").open() as file:
        return [
            {name: text if name == "zipcode" else float(text) for name, text in row.items()}
            for row in csv.DictReader(file)
        ]


def version_of(folder: Path, features: list[str]) -> ModelVersion:
    """Another model with these inputs, not active; the model is in `folder` too.

    As the registry keeps one, without the seconds that its gate takes.
    """
    draw = random.Random(7)
    rows = pd.DataFrame([[draw.uniform(1, 5000) for _ in features] for _ in range(50)])
    rows.columns = pd.Index(features)
    model_bytes = pickle.dumps(KNeighborsRegressor(3).fit(rows, np.arange(50) * 1e4))
    features_bytes = json.dumps(features).encode()
    (folder / "model.pkl").write_bytes(model_bytes)
    model_file, features_file = artifacts.store(
        predictor="homes", model_bytes=model_bytes, features_bytes=features_bytes
    )
    return ModelVersion.objects.create(
        predictor="homes",
        version=ModelVersion.objects.of("homes").count() + 1,
        name="model",
        model_file=model_file,
        features_file=features_file,
        model_sha256=artifacts.sha256(model_bytes),
        features_sha256=artifacts.sha256(features_bytes),
        feature_names=features,
        gate=ModelVersion.Gate.PASSED,
        engine="pickle",
    )


@pytest.fixture
def other(active_version: ModelVersion, tmp_path: Path) -> ModelVersion:
    return version_of(tmp_path, FEATURES)


@pytest.fixture
def shadow(other: ModelVersion) -> Shadow:
    return set_shadow(predictor="homes", version=other.version, actor="test").shadow


@pytest.fixture
def ask(api: Client) -> Callable[..., list[dict[str, Any]]]:
    """So many homes, one request each; the answers."""

    def send(count: int, path: str = "/api/predict/") -> list[dict[str, Any]]:
        answers = [api.post(path, home, content_type=JSON) for home in example_homes()[:count]]
        assert {answer.status_code for answer in answers} == {200}
        return [answer.json() for answer in answers]

    return send


def all_scored() -> int:
    """Turns until nothing is left; how many answers."""
    total = 0
    while count := score():
        total += count
    return total


@pytest.fixture
def operator(db: None) -> Client:
    """Staff who may set shadows."""
    user = User.objects.create_user("olga", is_staff=True)
    permissions = Permission.objects.filter(content_type__app_label="shadow")
    user.user_permissions.set(permissions)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client
