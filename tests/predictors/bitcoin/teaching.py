"""Seconds that come after those of the sample, as they are sent to be learned from."""

import csv
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from tests.conftest import SAMPLE
from tests.predictions.versions.conftest import quick_passwords, staff

from .posting import Posting

__all__ = ("quick_passwords", "teach")
PATH = "/api/bitcoin/train/"
PRICES = SECOND_COLUMNS[:4]
TIMES = ("time_period_start", "time_period_end", "time_open", "time_close")


class Teaching(Posting):
    path = PATH


@pytest.fixture
def teach(api: Client) -> Teaching:
    """As somebody who may."""
    return Teaching(api, staff("tess", "add_modelversion"))


def sample(first: int, count: int) -> list[dict[str, Any]]:
    """Rows of the sample with their ten columns, numbers as numbers."""
    with (SAMPLE / "bitcoin.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[first : first + count]
    return [row | {name: float(row[name]) for name in SECOND_COLUMNS} for row in rows]


def coming(count: int = 120, *, day: int = 1, seed: int = 1) -> list[dict[str, Any]]:
    """Seconds of the sample so many days later, each price moved by up to half a basis point."""
    draw = random.Random(f"{day} {seed}")
    found = []
    for row in sample(draw.randrange(1_000), count):
        moved = {name: row[name] * (1 + draw.uniform(-5e-5, 5e-5)) for name in PRICES}
        moved["price_high"] = max(moved.values())
        moved["price_low"] = min(moved.values())
        times = {name: later(row[name], days=day) for name in TIMES}
        found.append(row | moved | times)
    return found


def later(text: str, **by: float) -> str:
    return (datetime.fromisoformat(text) + timedelta(**by)).isoformat()


def without_times(seconds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: second[name] for name in SECOND_COLUMNS} for second in seconds]
