import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client

from modelregistry.models import ModelVersion
from predictions.shadow.models import Shadow
from predictions.shadow.services import set_shadow
from predictions.shadow.tasks import score
from tests.predictions.registering import registered

JSON = "application/json"
FEATURES = ["hous_val_amt", "sqft_living", "bedrooms"]
"""Fewer than the active version's, in another order."""


def example_homes() -> list[dict[str, Any]]:
    with (settings.BASE_DIR / "data/sample/future_unseen_examples.csv").open() as file:
        return [
            {name: text if name == "zipcode" else float(text) for name, text in row.items()}
            for row in csv.DictReader(file)
        ]


@pytest.fixture
def other(active_version: ModelVersion, tmp_path: Path) -> ModelVersion:
    return registered(tmp_path, FEATURES)


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
