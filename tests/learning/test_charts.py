import re
from collections.abc import Callable

import numpy as np
import pytest

from learning.charts import Dot, bars, dots, error_map

PLACES = np.linspace(0, 1, 50)
CHARTS: list[Callable[[str], str]] = [
    lambda name: bars(name, ["a & b", "c"], {"one": [1, 2], "two": [3, float("nan")]}, "%"),
    lambda name: dots(name, [Dot("<x>", 1, 0.5, 2)], "ratio", reference=1, shaded=(0.9, 1.1)),
    lambda name: error_map(name, PLACES, 47 + PLACES, PLACES - 0.5, limit=0.4, label="%"),
]


@pytest.mark.parametrize("draw", CHARTS)
def test_the_same_numbers_give_the_same_bytes(draw: Callable[[str], str]) -> None:
    assert draw("one") == draw("one")


def test_several_charts_fit_into_one_page() -> None:
    """No id occurs twice, every reference leads to one, and text is escaped."""
    page = "".join(draw(f"chart{number}") for number, draw in enumerate(CHARTS))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {*re.findall(r"url\(#([^)]+)\)", page), *re.findall(r'href="#([^"]+)"', page)} <= set(
        ids
    )
    assert "a &amp; b" in page
    assert "&lt;x&gt;" in page
