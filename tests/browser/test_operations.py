"""What operators do on their page, in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from tests.browser.visiting import Visitor, visiting
from tests.live import Live, wait_until

PAGE = "/console/operations/?range=1h"


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


def test_it_works(live: Live, browser: Browser) -> None:
    """An operator activates a version, sees the mark on each chart, and rolls back."""
    with operator(browser, live) as page:
        before = page.locator("#switches tbody tr").count()
        page.get_by_role("button", name="Activate homes 2").click()
        dialog = page.get_by_role("dialog", name="Let homes 2 answer?")
        dialog.get_by_label("Reason").fill("knows the neighbours")
        dialog.get_by_role("button", name="Activate").click()
        try:
            expect(page.get_by_role("status")).to_have_text("homes 2 answers now.")
            newest = page.locator("#switches tbody tr").first
            expect(newest).to_contain_text("knows the neighbours")
            for chart in ("requests", "latency"):
                expect(page.locator(f"#{chart}-chart .mark")).to_have_count(before + 1)
                assert "homes 2" in marks(page, chart)
            wait_until(lambda: versions_that_answer(live) == [(2,)])
            processes = page.locator("#processes-homes tbody tr td:nth-child(2)")
            expect(processes).to_have_text(["2", "2"])
            page.get_by_role("button", name="Roll back to 1").click()
            page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
            expect(page.get_by_role("status")).to_have_text("homes 1 answers now.")
            expect(page.locator("#switches tbody tr").first).to_contain_text("rollback")
            expect(page.locator("#requests-chart .mark")).to_have_count(before + 2)
        finally:
            live.activate(1)


def test_it_renews_itself_and_leaves_alone_what_one_reads(live: Live, browser: Browser) -> None:
    with visiting(browser, live.url) as visitor:
        page = visitor.page
        page.clock.install()
        log_in(visitor, live)
        page.get_by_text("The numbers of these charts").click()
        page.get_by_role("button", name="Activate homes 2").focus()
        expect(page.locator("#http-requests")).not_to_contain_text("/renewed/")
        with live.database() as database:
            database.execute(
                "INSERT INTO usage_requestcount (grain, period, method, route, status, count) "
                "VALUES ('minute', date_trunc('minute', now() - interval '9 minutes'), "
                "'GET', '/renewed/', 200, 7)"
            )
            page.clock.run_for(31_000)
            row = page.locator("#http-requests tr", has_text="/renewed/")
            expect(row.locator("td").nth(1)).to_have_text("7")
            database.execute("DELETE FROM usage_requestcount WHERE route = '/renewed/'")
        expect(page.locator("#bins")).to_be_visible()
        expect(page.get_by_role("button", name="Activate homes 2")).to_be_focused()


def test_what_is_refused_is_said_in_the_dialog(live: Live, browser: Browser) -> None:
    """Here, as the session has ended."""
    with visiting(browser, live.url) as visitor:
        log_in(visitor, live)
        page = visitor.page
        page.get_by_role("button", name="Activate homes 2").click()
        page.context.clear_cookies(name="sessionid")
        page.get_by_role("dialog").get_by_role("button", name="Activate").click()
        fault = page.get_by_role("dialog").get_by_role("alert")
        expect(fault).to_have_text("It was not switched: you are no longer logged in.")
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
