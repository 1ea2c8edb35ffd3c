"""The presentation: its figures are those of the evidence, and every slide can be shown."""

import json
import re
from html import unescape
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visiting import visiting
from tests.docs.conftest import assert_all_can_read

from .test_docs import ROOT

FOLDER = ROOT / "docs" / "presentation"
FIGURE = re.compile(r'<data value="([^"]+)" data-from="([^"]+)">([^<]+)</data>')
TAG = re.compile(r"<[^>]+>")
# A number with a decimal point or four digits and more; years and dates are none.
BY_HAND = re.compile(
    r"(?<![\w./-])(?:\d[\d,]*\.\d+|\d{1,3}(?:,\d{3})+|(?!20[12]\d\b|19\d\d\b)\d{4,})"
)
UNSEEN = re.compile(r"<(svg|code|head)\b.*?</\1>", re.S)
# Names of income bands, an address, a port: no figures.
NO_FIGURES = {"46,000", "57,000", "64,000", "127.0", "0.1"}
# Slides that do not fit: their content is larger than they are, or behind the buttons.
TOO_LARGE = """
() => [...document.querySelectorAll(".slide")].filter((slide) => {
  const body = slide.querySelector(".body");
  const [bottom, end] = [body.lastElementChild, slide].map((e) => e.getBoundingClientRect().bottom);
  return body.scrollHeight > body.clientHeight + 1 || slide.scrollWidth > slide.clientWidth + 1
    || bottom > end - 52;
}).map((slide) => slide.id)
"""


def shown() -> str:
    return (FOLDER / "index.html").read_text()


def evidence(path: str) -> float:
    name, *steps = path.split(".")
    found: Any = json.loads((ROOT / "docs" / "evidence" / f"{name}.json").read_text())
    for step in steps:
        found = found[int(step)] if isinstance(found, list) else found[step]
    return float(found)


def table(document: str, row: str, column: str) -> float:
    line = re.search(rf"^\| {re.escape(row)} \|(.*)\|$", (ROOT / document).read_text(), re.M)
    assert line, f"{document} has no row {row}"
    return float(line[1].split("|")[int(column) - 1].strip().replace(",", ""))


def test_it_works() -> None:
    """Each figure on a slide is in the evidence, or in the table of a document, and rounded."""
    figures = FIGURE.findall(shown())
    assert len(figures) > 80
    for value, source, text in figures:
        source = unescape(source)
        known = table(*source.split("|")) if "|" in source else evidence(source)
        assert float(value) == known, source
        digits = len(text.partition(".")[2])
        assert float(text.replace(",", "")) == pytest.approx(round(known, digits)), source


def test_no_figure_stands_there_by_hand() -> None:
    text = TAG.sub(" ", FIGURE.sub("", UNSEEN.sub("", shown())))
    assert {*BY_HAND.findall(text)} <= NO_FIGURES


def test_its_links_lead_somewhere_also_where_it_is_opened_in_the_repository() -> None:
    targets = re.findall(r'(?:href|src|srcset)="([^"#]+)"', shown())
    assert len(targets) > 20
    for target in targets:
        assert (FOLDER / target).is_file(), target


def test_what_is_said_to_those_who_sell_homes_takes_fifteen_minutes() -> None:
    timed = re.findall(r'class="slide timed.*?data-minutes="([\d.]+)"', shown(), re.S)
    assert sum(map(float, timed)) == 15


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_slide_fits_a_screen(browser: Browser, scheme: Any) -> None:
    with visiting(browser, FOLDER.as_uri(), scheme=scheme) as visitor:
        visitor.page.context.set_offline(True)
        for width, height in ((1280, 720), (1920, 1080), (1024, 768)):
            visitor.page.set_viewport_size({"width": width, "height": height})
            visitor.go("/index.html")
            assert visitor.page.evaluate(TOO_LARGE) == []
        assert not visitor.outside
        assert_all_can_read(visitor)


def test_keys_lead_through_it_and_show_what_to_say(browser: Browser) -> None:
    with visiting(browser, FOLDER.as_uri()) as visitor:
        page = visitor.page
        page.set_viewport_size({"width": 1280, "height": 720})
        visitor.go("/index.html#range")
        place, total = page.locator("#place"), page.locator(".slide").count()
        expect(place).to_have_text(f"4 of {total}")
        page.keyboard.press("ArrowRight")
        expect(place).to_have_text(f"5 of {total}")
        expect(page.locator("#reasons")).to_be_in_viewport(ratio=0.9)
        expect(page.locator("#reasons .notes")).to_be_hidden()
        page.keyboard.press("n")
        expect(page.locator("#reasons .notes")).to_be_visible()
        expect(page.locator("#reasons .time")).to_have_text("4:00 – 5:00")
        page.keyboard.press("End")
        expect(place).to_have_text(f"{total} of {total}")
        page.keyboard.press("Home")
        expect(page.locator("h1").first).to_be_in_viewport()


def test_on_a_phone_it_is_a_page_that_scrolls(browser: Browser) -> None:
    with visiting(browser, FOLDER.as_uri(), width=320) as visitor:
        visitor.go("/index.html")
        assert not visitor.is_wider_than_the_window()
        assert_all_can_read(visitor)
        visitor.picture("presentation-phone")
