"""The site as `bin/docs` makes it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser

from tests.browser.visiting import SERIOUS, Visitor, chromium


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its folder; a warning ends the making."""
    folder = tmp_path_factory.mktemp("documents")
    done = subprocess.run(
        ["bin/docs", "build"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"HOUSING_VAR": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def assert_all_can_read(visitor: Visitor) -> None:
    """axe-core would read style sheets anew, as no page may that was opened as a file."""
    found = Axe().run(visitor.page, options={"preload": False}).response["violations"]
    assert [fault for fault in found if fault["impact"] in SERIOUS] == []
