import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from predictions.keys.models import digest_of
from tests.conftest import SAMPLE
from tests.live import Live

from .flaky import Flaky, flaky_service


@pytest.fixture
def request_json() -> dict[str, Any]:
    """As a client of the handed-over service sends it."""
    body: dict[str, Any] = json.loads((SAMPLE / "request.json").read_text())
    return body


@pytest.fixture
def flaky() -> Iterator[Flaky]:
    with flaky_service() as service:
        yield service


class Asking:
    def __init__(self, api: Client) -> None:
        self._api = api

    def __call__(
        self, body: Any, path: str = "/api/bitcoin/predict/"
    ) -> tuple[int, dict[str, Any]]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self._api.post(path, content, content_type="application/json")
        return response.status_code, response.json()


@pytest.fixture
def ask(api: Client) -> Asking:
    return Asking(api)


def as_array(body: dict[str, Any]) -> dict[str, Any]:
    """The same sixty seconds, oldest first."""
    flat = body["bitcoin_last_minute"]
    seconds: list[dict[str, Any]] = [{} for _ in range(60)]
    for name, value in flat.items():
        column, _, lag = name.partition("_-")
        seconds[59 - int(lag or 0)][column] = value
    return {"bitcoin_last_minute": seconds}


@pytest.fixture
def key(live: Live) -> str:
    """Of the running service, with the scope `train`."""
    secret = f"vk_{secrets.token_urlsafe(32)}"
    with live.database() as database:
        database.execute(
            "INSERT INTO keys_apikey (name, prefix, digest, scopes, created_by, expires_at) "
            "VALUES (%s, %s, %s, %s, 'test', now() + interval '1 hour')",
            [secret[3:13].replace("-", "_"), secret[:9], digest_of(secret.encode()), ["train"]],
        )
    return secret
