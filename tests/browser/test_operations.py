"""What operators do on their page, in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.visiting import NARROW, Visitor, visiting
from tests.live import Live, wait_until

PAGE = "/console/operations/?range=1h"
PATIENCE = 30_000.0
"""ms, of what `expect` waits for; its own is 5 s, whatever a visitor's is."""


def log_in(visitor: Visitor, live: Live) -> None:
    visitor.go_as_admin(PAGE, live.password)
    visitor.page.wait_for_selector("#requests-chart canvas")


@contextmanager
def operator(browser: Browser, live: Live) -> Iterator[Page]:
    with visiting(browser, live.url) as visitor:
        log_in(visitor, live)
        yield visitor.page


def marks(page: Page, chart: str) -> list[str]:
    return page.locator(f"#{chart}-chart .mark span").all_inner_texts()


def versions_that_answer(live: Live) -> list[tuple[int]]:
    with live.database() as database:
        return database.execute(
            "SELECT DISTINCT v.version FROM modelregistry_servingprocess p "
            "JOIN modelregistry_modelversion v ON v.id = p.model_version_id "
            "WHERE p.predictor = 'homes' AND p.seen_at > now() - interval '10 seconds'"
        ).fetchall()


@contextmanager
def counted_request(live: Live, route: str) -> Iterator[None]:
    """Seven requests of a route of its own, until the test is over."""
    with live.database() as database:
        try:
            database.execute(
                "INSERT INTO usage_requestcount (grain, period, method, route, status, count) "
                "VALUES ('minute', date_trunc('minute', now() - interval '9 minutes'), "
                "'GET', %s, 200, 7)",
                [route],
            )
            yield
        finally:
            database.execute("DELETE FROM usage_requestcount WHERE route = %s", [route])


def requests_of(page: Page, route: str) -> Locator:
    return page.locator("#http-requests tr", has_text=route).locator("td").nth(1)


def test_it_works(live: Live, browser: Browser) -> None:
    """An operator activates a version, sees the mark on each chart, and rolls back."""
    with operator(browser, live) as page:
        before = page.locator("#requests-chart .mark").count()
        page.get_by_role("button", name="Activate homes 2").click()
        dialog = page.get_by_role("dialog", name="Let homes 2 answer?")
        dialog.get_by_label("Reason").fill("knows the neighbours")
        dialog.get_by_role("button", name="Activate").click()
        try:
            done = page.get_by_role("status")
            expect(done).to_have_text("homes 2 answers now.", timeout=PATIENCE)
            newest = page.locator("#switches tbody tr").first
            expect(newest).to_contain_text("knows the neighbours", timeout=PATIENCE)
            for chart in ("requests", "latency"):
                expect(page.locator(f"#{chart}-chart .mark")).to_have_count(before + 1)
                assert "homes 2" in marks(page, chart)
            wait_until(lambda: versions_that_answer(live) == [(2,)])
            processes = page.locator("#processes-homes tbody tr td:nth-child(2)")
            expect(processes).to_have_text(["2", "2"], timeout=PATIENCE)
            page.get_by_role("button", name="Roll back to 1").click()
            page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
            expect(done).to_have_text("homes 1 answers now.", timeout=PATIENCE)
            expect(newest).to_contain_text("rollback", timeout=PATIENCE)
            expect(page.locator("#requests-chart .mark")).to_have_count(before + 2)
        finally:
            live.activate(1)


def test_it_renews_itself_and_leaves_alone_what_one_reads(live: Live, browser: Browser) -> None:
    with visiting(browser, live.url, width=NARROW) as visitor:
        page = visitor.page
        page.clock.install()
        log_in(visitor, live)
        page.get_by_text("The numbers of these charts").click()
        region = page.get_by_role("region", name="HTTP requests").locator(".scroll")
        region.focus()
        region.evaluate("one => { one.scrollLeft = 40 }")
        expect(page.locator("#http-requests")).not_to_contain_text("/renewed/")
        with counted_request(live, "/renewed/"):
            page.clock.run_for(31_000)
            expect(requests_of(page, "/renewed/")).to_have_text("7", timeout=PATIENCE)
        expect(page.locator("#bins")).to_be_visible()
        expect(region).to_be_focused()
        assert region.evaluate("one => one.scrollLeft") == 40


def test_a_late_answer_does_not_replace_a_newer_one(live: Live, browser: Browser) -> None:
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    with operator(browser, live) as page:
        old = page.request.get(page.url).text()
        page.route("**/console/operations/*", hold_the_first)
        look = "document.dispatchEvent(new Event('visibilitychange'))"
        page.evaluate(look)
        wait_until(lambda: page.evaluate("1") == 1 and bool(held))
        with counted_request(live, "/newer/"):
            page.evaluate(look)
            expect(requests_of(page, "/newer/")).to_have_text("7", timeout=PATIENCE)
            with page.expect_event("requestfinished"):
                held[0].fulfill(body=old, content_type="text/html")
            # After all that the page does with it.
            page.evaluate("new Promise((done) => setTimeout(done, 200))")
            expect(requests_of(page, "/newer/")).to_have_text("7")


def test_an_answer_that_was_lost_is_not_called_a_refusal(live: Live, browser: Browser) -> None:
    """A proxy gave up, but the service went on."""

    def lose(route: Route) -> None:
        assert route.fetch().status == 200
        route.fulfill(status=502, body="Bad Gateway", content_type="text/html")

    with visiting(browser, live.url) as visitor:
        log_in(visitor, live)
        page = visitor.page
        page.route("**/api/models/homes/2/activate/", lose)
        page.get_by_role("button", name="Activate homes 2").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill("nobody heard of it")
        try:
            dialog.get_by_role("button", name="Activate").click()
            expect(dialog.get_by_role("alert")).to_have_text(
                "It is not known whether it was switched: the service answered 502.",
                timeout=PATIENCE,
            )
            newest = page.locator("#switches tbody tr").first
            expect(newest).to_contain_text("nobody heard of it", timeout=PATIENCE)
        finally:
            live.activate(1)
        visitor.complaints.clear()  # Chromium's own, of the 502


def test_what_is_refused_is_said_in_the_dialog(live: Live, browser: Browser) -> None:
    """Here, as the session has ended."""
    with visiting(browser, live.url) as visitor:
        log_in(visitor, live)
        page = visitor.page
        page.get_by_role("button", name="Activate homes 2").click()
        page.context.clear_cookies(name="sessionid")
        page.get_by_role("dialog").get_by_role("button", name="Activate").click()
        fault = page.get_by_role("dialog").get_by_role("alert")
        expect(fault).to_have_text(
            "It was not switched: you are no longer logged in.", timeout=PATIENCE
        )
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Activate homes 2")).to_be_focused()


def test_the_arrow_keys_read_the_charts(live: Live, browser: Browser) -> None:
    with operator(browser, live) as page:
        told = page.locator("#requests-readout")
        page.locator("#requests-chart").focus()
        page.keyboard.press("Home")
        first = told.inner_text()
        page.keyboard.press("ArrowRight")
        assert told.inner_text() != first
        assert re.search(
            r"\d+ answered, \d+ refused \(4xx\), \d+ failed \(5xx\)", told.inner_text()
        )
        # Both charts show the same moment.
        assert page.locator("#latency-readout").inner_text()[:17] == told.inner_text()[:17]
