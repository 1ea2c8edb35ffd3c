"""docs/security.md names for each threat the test that shows the defence."""

import re

from django.conf import settings

from housing_api.environment import VARIABLES

TEXT = (settings.BASE_DIR / "docs/security.md").read_text()


def test_it_works() -> None:
    """Every file that it names exists, and every threat has a test."""
    named = re.findall(r"`((?:tests|ops|predictors|learning|benchmarks)/[\w./]+)`", TEXT)
    assert len(named) >= 15
    assert not [path for path in named if not (settings.BASE_DIR / path).exists()]
    defended = TEXT.split("## What is defended")[1].split("\n## ")[0]
    rows = [row for row in re.findall(r"^\| .+ \|$", defended, re.M) if not row.startswith("|--")]
    assert len(rows) >= 12
    assert not [row for row in rows[1:] if "`tests/" not in row]


def test_every_setting_that_it_names_is_one() -> None:
    known = {variable.name for variable in VARIABLES}
    assert set(re.findall(r"`(HOUSING_\w+)", TEXT)) <= known
