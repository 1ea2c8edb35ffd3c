"""Who asked: the address that our outermost proxy saw, and no other."""

from typing import Any

import pytest
from django.test import Client

from predictions.models import Prediction


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "6.6.6.6", "127.0.0.1"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (1, "", "127.0.0.1"),
        (2, "1.2.3.4", "127.0.0.1"),
        (1, "1.2.3.4:5678", "1.2.3.4"),
        (1, "::ffff:1.2.3.4", "1.2.3.4"),
        (1, "[2001:DB8::0:1]:443", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "unknown", "unknown"),
        (1, "1.2.3.4:5:6", "1.2.3.4:5:6"),
    ],
)
def test_it_works(
    api: Client, home: dict[str, Any], settings: Any, proxies: int, forwarded: str, expected: str
) -> None:
    settings.PROXIES = proxies
    response = api.post(
        "/api/predict/",
        home,
        content_type="application/json",
        headers={"X-Forwarded-For": forwarded},
    )
    assert Prediction.objects.get(id=response.json()["id"]).caller == expected
