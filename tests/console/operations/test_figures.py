"""How numbers are written."""

import pytest

from console.templatetags.figures import share


def test_it_works() -> None:
    assert share(1, 8) == "12.5 %"


@pytest.mark.parametrize(
    ("part", "whole", "written"),
    [
        (0, 100_000, "0.0 %"),
        (3, 100_000, "<0.1 %"),
        (99_997, 100_000, ">99.9 %"),
        (100_000, 100_000, "100.0 %"),
        (0, 0, "–"),
    ],
)
def test_a_few_are_not_none_and_nearly_all_are_not_all(part: int, whole: int, written: str) -> None:
    assert share(part, whole) == written
