"""Seconds that come after those of the sample, and who may tell them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from predictors.bitcoin.models import Second
from tests.predictions.versions.conftest import quick_passwords, staff

from .posting import Posting

__all__ = ("quick_passwords", "tell")
PATH = "/api/bitcoin/seconds/"


class Telling(Posting):
    path = PATH


@pytest.fixture
def tell(api: Client) -> Telling:
    """As somebody who may."""
    return Telling(api, staff("sam", "add_second"))


def later(after: int = 1, *, by: float = 1.0) -> dict[str, Any]:
    """A second after the newest, whose close is `by` USD above the last one's."""
    newest = Second.objects.latest("time")
    start = newest.time + timedelta(seconds=after)
    return {
        "time_period_start": start.isoformat(),
        "price_open": newest.price_close,
        "price_high": newest.price_close + abs(by) + 0.5,
        "price_low": newest.price_close - abs(by),
        "price_close": round(newest.price_close + by, 2),
        "volume_traded": 0.25,
        "trades_count": 3,
    }


def window(target: str = "next_close") -> dict[str, Any]:
    """The question about the second that comes next: the sixty that were stored last."""
    rows = Second.objects.newest(60)
    seconds = [dict(zip(SECOND_COLUMNS, row[1:], strict=True)) for row in rows]
    return {"bitcoin_last_minute": seconds, "target": target}
