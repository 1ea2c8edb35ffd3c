"""A visitor with a real Chromium, and what a page did while it was looked at."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE, NARROW = 1280, 390
SERIOUS = {"serious", "critical"}
# Where pictures of the pages go, for people to look at.
PICTURES = os.environ.get("BROWSER_PICTURES", "")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Skips the test where there is none, unless `BROWSER_REQUIRED` is set, as in CI."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        why = "no Chromium on this machine: apt install chromium"
        pytest.fail(why) if os.environ.get("BROWSER_REQUIRED") else pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """One window of a browser at a service."""

    page: Page
    url: str
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """Errors of scripts, and of files that could not be loaded."""

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def go_as_admin(self, path: str, password: str) -> None:
        """By the form to which the page sends whoever is nobody."""
        self.go(path)
        self.page.fill("#id_username", "admin")
        self.page.fill("#id_password", password)
        self.page.press("#id_password", "Enter")
        self.page.wait_for_url(f"**{path}")
        self.requested.clear()  # the form is not ours
        self.complaints.clear()

    @property
    def outside(self) -> list[str]:
        """What was asked of anyone else than the service."""
        own = urlsplit(self.url).netloc
        return [url for url in self.requested if urlsplit(url).netloc not in ("", own)]

    def faults_of_access(self) -> list[str]:
        """What axe-core holds serious or critical, with the elements."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{fault['id']}: {[node['html'] for node in fault['nodes']]}"
            for fault in found
            if fault["impact"] in SERIOUS
        ]

    def is_wider_than_the_window(self) -> bool:
        script = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(self.page.evaluate(script))

    def picture(self, name: str) -> None:
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@contextmanager
def visiting(
    browser: Browser, url: str, *, width: int = WIDE, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Visitor]:
    """A visitor without cookies; at the end no script may have failed."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
    )
    context.set_default_timeout(10_000)
    visitor = Visitor(context.new_page(), url)
    yield visitor
    context.close()
    assert not visitor.complaints, visitor.complaints
