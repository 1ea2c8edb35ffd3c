"""What holds for each page, in a real browser."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visiting import NARROW, WIDE, visiting
from tests.live import Live

PAGES = {"estimator": "/", "bitcoin": "/console/bitcoin/", "operations": "/console/operations/"}
LOOKS: list[tuple[int, Literal["light", "dark"]]] = [
    (WIDE, "light"),
    (WIDE, "dark"),
    (NARROW, "light"),
    (NARROW, "dark"),
]


@pytest.mark.parametrize("name", PAGES)
def test_anyone_can_use_it_on_any_screen(champion: Live, browser: Browser, name: str) -> None:
    """With a model that says all that a model can."""
    for width, scheme in LOOKS:
        with visiting(browser, champion.url, width=width, scheme=scheme) as visitor:
            if name == "operations":
                visitor.go_as_admin(PAGES[name], champion.password)
            else:
                visitor.go(PAGES[name])
            visitor.page.wait_for_load_state("networkidle" if name == "estimator" else "load")
            if name == "estimator":
                for part in ("confidence", "reasons", "sales"):
                    expect(visitor.page.locator(f"#{part}")).to_be_visible()
            visitor.picture(f"{name}-{width}-{scheme}")
            assert not visitor.faults_of_access()
            assert not visitor.is_wider_than_the_window()
            assert not visitor.outside
