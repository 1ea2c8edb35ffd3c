"""How far answers are apart, in a few figures."""

import uuid
from dataclasses import astuple

import pytest

from predictions import differences
from predictions.differences import Difference, Differences, Spread


def of(*pairs: tuple[float, float]) -> Differences:
    found = Differences()
    for number, (logged, now) in enumerate(pairs):
        found.add(uuid.UUID(int=number), logged, now)
    return found


def test_it_works() -> None:
    found = of((100, 110), (100, 80), (200, 230))
    assert found.count == 3
    assert found.absolute == Spread(median=20, ninetieth=28, largest=30)
    assert found.relative is not None
    assert astuple(found.relative) == pytest.approx((0.15, 0.19, 0.2))
    assert found.largest[0] == Difference(30, uuid.UUID(int=2), 200, 230)


def test_only_the_few_largest_are_kept_largest_first() -> None:
    found = of(*((0.0, float(n)) for n in (3, 9, 1, 7, 5, 8, 2, 6, 4)))
    assert [difference.now for difference in found.largest] == [9, 8, 7, 6, 5]


def test_nothing_is_a_fraction_of_zero() -> None:
    found = of((0, 5), (100, 101))
    assert found.relative == Spread(median=0.01, ninetieth=0.01, largest=0.01)
    assert of((0, 5)).relative is None


def test_of_very_many_a_random_part_gives_the_quantiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "SAMPLED", 1000)
    found = of(*((1e6, 1e6 + n) for n in range(20_000)))
    assert found.count == 20_000
    assert found.absolute.largest == 19_999
    assert found.absolute.median == pytest.approx(10_000, rel=0.1)
    assert len(found._absolute) == len(found._relative) == 1000
