"""What somebody who sells homes does on the estimator, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.visiting import NARROW, visiting
from tests.live import Live

ESTIMATE = re.compile(r"^\$[\d,]+$")
# What cannot be seen while it has the focus.
BEHIND_THE_ESTIMATE = """
() => [...document.querySelectorAll("#home :is(input, select, button), #map")].filter((one) => {
  one.focus();
  const [own, head] = [one, document.getElementById("head")].map((e) => e.getBoundingClientRect());
  return document.activeElement === one && own.bottom > head.top && own.top < head.bottom;
}).map((one) => one.outerHTML)
"""


def said(live: Live, home: dict[str, Any]) -> str:
    """What the API says of these facts, as the page writes it."""
    status, answer = live.post("/api/predict/", home)
    assert status == 200, answer
    return f"${round(answer['prediction']):,}"


def estimate(page: Page) -> str:
    """When there is one of the facts in the form."""
    expect(page.locator("#head[aria-busy=false]")).to_be_visible()
    expect(page.locator("#estimate")).to_have_text(ESTIMATE)
    return page.locator("#estimate").inner_text()


def field(page: Page, name: str) -> str | float:
    """What stands there, as a client would send it."""
    value = page.locator(f"#fact-{name}").input_value()
    return value if name == "zipcode" else float(value)


def expect_estimate(page: Page, text: str) -> None:
    expect(page.locator("#estimate")).to_have_text(text)


def test_it_works(live: Live, browser: Browser, home: dict[str, Any]) -> None:
    """Also with a model that can only estimate."""
    with visiting(browser, live.url) as visitor:
        visitor.go("/")
        expect_estimate(visitor.page, said(live, home))
        visitor.page.get_by_label("Bedrooms: more").click()
        expect_estimate(visitor.page, said(live, home | {"bedrooms": home["bedrooms"] + 1}))
        assert "no range" in visitor.page.locator("#range").inner_text()
        for part in ("reasons", "sales", "cautions"):
            expect(visitor.page.locator(f"#{part}")).to_be_hidden()


def test_the_first_page_is_small_and_asks_nobody_else(live: Live, browser: Browser) -> None:
    with visiting(browser, live.url) as visitor:
        sizes: list[int] = []
        visitor.page.on("response", lambda one: sizes.append(len(one.body())))
        visitor.go("/")
        visitor.page.wait_for_load_state("networkidle")
        assert len(sizes) > 10
        assert sum(sizes) <= 300_000
        assert not visitor.outside


def test_an_estimate_is_explained_kept_printed_and_opened_again(
    champion: Live, browser: Browser, home: dict[str, Any]
) -> None:
    with visiting(browser, champion.url) as visitor:
        page = visitor.page
        visitor.go("/")
        first = estimate(page)

        larger = home | {"sqft_living": 2500, "sqft_above": 2500}
        page.get_by_label("Living area", exact=True).fill("2500")
        expect_estimate(page, said(champion, larger))
        assert estimate(page) != first
        assert page.get_by_label("Above ground", exact=True).input_value() == "2500"
        assert "Likely between" in page.locator("#range").inner_text()

        status, answer = champion.post("/api/predict/?include=comparables,contributions", larger)
        assert status == 200
        rows = page.locator("#sales-table tbody tr")
        expect(rows).to_have_count(len(answer["comparables"]["sales"]))
        for row, sale in zip(rows.all(), answer["comparables"]["sales"], strict=True):
            assert f"${round(sale['price']):,}" in row.inner_text()
        assert page.locator("#sales-map .sale").count() == rows.count()
        sums = page.locator("#waterfall tbody td:last-child").all_inner_texts()
        assert sums[0] == f"${round(answer['contributions']['base']):,}"
        assert sums[-1] == estimate(page)
        visitor.picture("estimator-champion")
        assert not visitor.faults_of_access()

        page.evaluate("addEventListener('beforeprint', () => { window.printed = true })")
        page.get_by_role("button", name="Print").click()
        assert page.evaluate("window.printed")
        page.emulate_media(media="print")
        assert re.search(r"valued \w+ \d+, \d{4}", page.locator("#made").inner_text())
        visitor.picture("estimator-print")
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="Letter"))) == 1
        page.emulate_media(media="screen")

        value = estimate(page)
        page.get_by_role("link", name="Link to this estimate").click()
        expect(page.locator("#recorded")).to_contain_text("This is the estimate of")
        assert estimate(page) == value
        assert page.get_by_label("Living area", exact=True).input_value() == "2500"
        champion.activate(1)
        page.reload()
        expect(page.locator("#recorded")).to_contain_text("Another version")
        assert estimate(page) == value
        page.get_by_role("button", name="Value again now").click()
        expect_estimate(page, said(champion, larger))
        assert "estimate=" not in page.url


def test_it_can_be_used_on_a_phone(champion: Live, browser: Browser) -> None:
    with visiting(browser, champion.url, width=NARROW, scheme="dark") as visitor:
        visitor.go("/")
        before = estimate(visitor.page)
        grade = visitor.page.get_by_label("Building grade", exact=True)
        grade.scroll_into_view_if_needed()
        grade.fill("9")
        expect(visitor.page.locator("#said-grade")).to_have_text("Better design")
        expect(visitor.page.locator("#estimate")).not_to_have_text(before)
        for part in ("estimate", "range", "confidence"):
            expect(visitor.page.locator(f"#{part}")).to_be_in_viewport()
        visitor.picture("estimator-phone")
        assert not visitor.page.evaluate(BEHIND_THE_ESTIMATE)
        assert not visitor.is_wider_than_the_window()
        assert not visitor.faults_of_access()


def test_it_can_be_used_with_the_keyboard_alone(
    live: Live, browser: Browser, home: dict[str, Any]
) -> None:
    with visiting(browser, live.url) as visitor:
        page = visitor.page
        visitor.go("/")
        expect(page.locator("#map path.chosen")).to_have_count(1)
        zipcode = page.get_by_label("Zipcode", exact=True).input_value()
        reached = set()
        for _ in range(70):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id"))
            if reached >= {"map", "fact-zipcode", "fact-sqft_living", "copy", "file"}:
                break
        else:
            pytest.fail(f"the keyboard does not get everywhere: {reached}")

        page.locator("#map").focus()
        for _ in range(3):
            page.keyboard.press("Shift+ArrowUp")
        expect(page.get_by_label("Zipcode", exact=True)).not_to_have_value(zipcode)
        moved = ("zipcode", "lat", "long", "sqft_living15", "sqft_lot15")
        facts = home | {name: field(page, name) for name in moved}
        expect_estimate(page, said(live, facts))

        page.get_by_role("radio", name="Good").first.focus()
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_role("radio", name="Average").first).to_be_checked()
        page.get_by_label("Building grade, slider").focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_label("Building grade", exact=True)).to_have_value("7")
        page.get_by_label("Living area, slider").focus()
        for _ in range(30):
            page.keyboard.press("ArrowRight")
        expect(page.get_by_label("Living area", exact=True)).to_have_value("1980")
        changed = ("view", "grade", "sqft_living", "sqft_above", "sqft_basement")
        facts |= {name: field(page, name) for name in changed if name != "view"} | {"view": 2}
        expect_estimate(page, said(live, facts))


def test_a_click_on_the_map_says_where_the_home_is(live: Live, browser: Browser) -> None:
    with visiting(browser, live.url) as visitor:
        page = visitor.page
        visitor.go("/")
        places = live.get("/api/homes/zipcodes/")[1]["zipcodes"]
        other = max(places, key=lambda place: place["sales"] * (place["zipcode"] != "98118"))
        page.locator("#map text", has_text=other["zipcode"]).first.wait_for(state="attached")
        box = page.locator("#map text", has_text=other["zipcode"]).bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.get_by_label("Zipcode", exact=True)).to_have_value(other["zipcode"])
        expect(page.locator("#typical")).to_contain_text(f"{other['sales']:,} sales")
        typical = str(other["typical"]["sqft_living15"])
        expect(page.get_by_label("Living area around", exact=True)).to_have_value(typical)
        page.get_by_role("button", name="Start from its typical home").click()
        expect_estimate(page, said(live, other["typical"]))


def test_what_cannot_be_is_explained_at_its_field(live: Live, browser: Browser) -> None:
    with visiting(browser, live.url) as visitor:
        page = visitor.page
        visitor.go("/")
        before = estimate(page)
        built = page.get_by_label("Year built", exact=True)
        built.fill("3000")
        expect(page.locator("#fault-yr_built")).to_contain_text("3000 is out of range")
        expect(page.get_by_role("alert")).to_contain_text("No estimate")
        assert built.get_attribute("aria-invalid") == "true"
        assert not visitor.faults_of_access()
        built.fill("")
        expect(page.locator("#fault-yr_built")).to_contain_text("Needed")
        page.get_by_role("button", name="Reset").click()
        expect(page.get_by_role("alert")).to_be_hidden()
        expect(page.locator("#fault-yr_built")).to_be_hidden()
        assert estimate(page) == before
        visitor.go("/?estimate=nothing")
        expect(page.locator("#recorded")).to_contain_text("leads to no estimate")
        assert estimate(page) == before
        visitor.complaints[:] = [
            one for one in visitor.complaints if not re.search("4(22|04)", one)
        ]


def test_a_service_that_is_away_is_asked_again(live: Live, browser: Browser) -> None:
    with visiting(browser, live.url) as visitor:
        page = visitor.page
        visitor.go("/")
        before = estimate(page)
        page.wait_for_load_state("networkidle")
        page.context.set_offline(True)
        page.get_by_label("Bedrooms: more").click()
        expect(page.get_by_role("alert")).to_contain_text("does not answer")
        page.context.set_offline(False)
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("alert")).to_be_hidden()
        assert estimate(page) != before
        visitor.complaints[:] = [one for one in visitor.complaints if "INTERNET" not in one]


def test_a_slow_answer_is_never_taken_for_that_of_the_facts_in_the_form(
    champion: Live, browser: Browser, home: dict[str, Any]
) -> None:
    held: list[Route] = []
    with visiting(browser, champion.url) as visitor:
        page = visitor.page
        visitor.go("/")
        number, sales = page.locator("#estimate"), page.locator("#sales .sales")
        estimate(page)
        link = page.locator("#link").get_attribute("href")
        page.get_by_role("button", name="Copy link").click()
        expect(page.locator("#copied")).not_to_be_empty()
        ink = sales.evaluate("one => getComputedStyle(one).color")
        expect(number).to_have_css("color", ink)

        page.route("**/api/predict/**", lambda route: held.append(route))
        page.get_by_label("Bedrooms: more").click()
        for part in (number, sales):
            expect(part).not_to_have_css("color", ink)
        held.pop().continue_()
        page.unroute("**/api/predict/**")
        changed = home | {"bedrooms": home["bedrooms"] + 1}
        expect_estimate(page, said(champion, changed))
        for part in (number, sales):
            expect(part).to_have_css("color", ink)
        expect(page.locator("#copied")).to_be_empty()

        page.get_by_label("Year built", exact=True).fill("3000")
        expect(page.get_by_role("alert")).to_contain_text("No estimate")
        for part in (number, sales):
            expect(part).not_to_have_css("color", ink)
        assert not visitor.faults_of_access()

        # An estimate of before comes when another home is already asked for.
        page.route("**/api/predictions/**", lambda route: held.append(route))
        visitor.go(str(link))
        page.get_by_label("Bedrooms: more").click()
        expect_estimate(page, said(champion, changed))
        held.pop().continue_()
        expect(page.locator("#examples button").first).to_be_visible()  # asked for after it
        expect_estimate(page, said(champion, changed))
        expect(page.locator("#recorded")).to_be_hidden()
        assert page.get_by_label("Bedrooms", exact=True).input_value() == str(changed["bedrooms"])
        assert "estimate=" not in page.url
        visitor.complaints[:] = [one for one in visitor.complaints if "422" not in one]
