import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from predictions.models import Prediction
from tests.predictions.batches.conftest import as_csv, homes
from tests.predictions.outcomes.conftest import quick_passwords
from tests.predictions.versions.conftest import second, staff

__all__ = ("homes", "quick_passwords", "second")

JSON = "application/json"
Send = Callable[..., Any]
Doors = dict[str, tuple[Any, ...]]


@pytest.fixture
def send(api: Client) -> Send:
    """POST with an idempotency key."""

    def post(path: str, body: Any, key: str = "first", kind: str = JSON, **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Idempotency-Key": key} | headers
        return api.post(path, content, content_type=kind, headers=named)

    return post


@pytest.fixture
def doors(
    api: Client, home: dict[str, Any], homes: list[dict[str, str]], quick_passwords: None
) -> Doors:
    """Body, content type and headers for each address that takes a key."""
    answered = api.post("/api/predict/", home, content_type=JSON).json()
    outcome = {"id": answered["id"], "actual": 500_000, "date": "2026-05-01"}
    minimal = {name: home[name] for name in api.get("/api/predict/minimal/").json()["required"]}
    return {
        "/api/predict/": (home, JSON, {}),
        "/api/predict/minimal/": (minimal, JSON, {}),
        "/api/predict/bulk/": ([home, {}], JSON, {}),
        "/api/batches/": (as_csv(homes[:3]), "text/csv", {}),
        "/api/outcomes/": (outcome, JSON, staff("otto", "add_outcome")),
    }


def rows() -> int:
    return Prediction.objects.count()


def shown(response: Any) -> tuple[Any, ...]:
    """All that is to be equal."""
    names = ("Content-Type", "X-Model-Version", "X-API-Version", "Location")
    return response.status_code, response.content, *(response.get(name) for name in names)


def refused(response: Any, status: int, code: str) -> str:
    assert (response.status_code, response.json()["code"]) == (status, code), response.content
    assert response["Content-Type"] == "application/problem+json"
    return str(response.json()["detail"])
