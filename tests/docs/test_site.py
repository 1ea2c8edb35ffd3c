"""The documents as a site: made without a warning, whole, and read without the internet."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from playwright.sync_api import Browser, expect

from tests.browser.visiting import visiting
from tests.docs.conftest import assert_all_can_read

from .test_docs import ROOT

DOCS = ROOT / "docs"
LINK = re.compile(r"""(?:href|src|srcset)=["']?([^"' >]+)""")

# What a browser would ask of somebody else when it shows the page.
FETCHED = re.compile(
    r"<(?:script|img|source)\b[^>]*\bsrc(?:set)?=[\"']?https?:"
    r"|<link\b[^>]*\bstylesheet\b[^>]*\bhref=[\"']?https?:"
)


class Navigation(yaml.SafeLoader):
    """mkdocs.yml has values from the environment, which are of no interest here."""


Navigation.add_constructor("!ENV", lambda loader, node: None)


def test_it_works(site: Path, browser: Browser) -> None:
    """Opened as a file, with no network at all, the search finds how to roll back."""
    with visiting(browser, site.as_uri()) as visitor:
        visitor.page.context.set_offline(True)
        visitor.go("/index.html")
        visitor.page.keyboard.press("/")
        visitor.page.keyboard.type("roll back", delay=20)
        found = visitor.page.locator(".md-search-result__item a").filter(has_text="Operating it")
        expect(found.first).to_be_in_viewport()  # without scrolling down to it
        visitor.picture("documents-search")
        found.first.click()
        expect(visitor.page).to_have_url(re.compile(r"/operate\.html"))
        expect(visitor.page.locator("article")).to_contain_text("rollback_model")
        assert not visitor.outside


def test_every_document_is_in_the_navigation() -> None:
    with (ROOT / "mkdocs.yml").open() as file:
        listed = yaml.load(file, Navigation)["nav"]

    def pages(items: list[str | dict[str, str | list[str]]]) -> set[str]:
        found: set[str] = set()
        for item in items:
            inside = next(iter(item.values())) if isinstance(item, dict) else item
            found |= {inside} if isinstance(inside, str) else pages(list(inside))
        return found

    named = pages(listed)
    # The decisions are there as a folder (docs/site/hooks.py).
    there = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")} - {
        "site/iframe-worker/README.md"
    }
    decisions = {name for name in there if name.startswith("decisions/")}
    assert there - decisions == {name for name in named if name.endswith(".md")}
    assert decisions
    assert "decisions/" in named


def test_every_link_of_the_site_leads_to_a_file_of_it(site: Path) -> None:
    """Nothing is fetched from elsewhere when a page is read; what is linked is there."""
    pages = [page for page in site.rglob("*.html") if page.name != "404.html"]
    assert len(pages) > 30
    for page in pages:
        text = page.read_text()
        for target in LINK.findall(text):
            parts = urlsplit(target)
            if parts.scheme in {"http", "https", "mailto", "data"} or not parts.path:
                continue
            there = (page.parent / unquote(parts.path)).resolve()
            assert there.is_file(), f"{page.relative_to(site)}: {target}"
        assert not FETCHED.findall(text), page


@pytest.mark.parametrize("width", [320, 1280])
def test_the_pages_fit_and_can_be_read_by_all(site: Path, browser: Browser, width: int) -> None:
    for scheme in ("light", "dark"):
        with visiting(browser, site.as_uri(), width=width, scheme=scheme) as visitor:
            for page in ("index", "tutorial/index", "reference/api", "settings"):
                visitor.go(f"/{page}.html")
                assert not visitor.is_wider_than_the_window(), page
                if page in {"index", "tutorial/index"}:  # the others are the same, and long
                    assert_all_can_read(visitor)
                    visitor.picture(f"documents-{page.replace('/', '-')}-{width}-{scheme}")
