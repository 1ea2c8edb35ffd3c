"""Where keys are asked for, the pages are for staff: in a real browser."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visiting import chromium, visiting
from tests.conftest import SAMPLE
from tests.live import Live


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_it_works(guarded: Live, browser: Browser) -> None:
    """Somebody logs in, values a home and a file; when the session ends, the page says so."""
    with visiting(browser, guarded.url) as visitor:
        page = visitor.page
        visitor.go_as_admin("/", guarded.password)
        expect(page.locator("#estimate")).to_have_text(re.compile(r"^\$[\d,]+$"))
        page.set_input_files("#file", SAMPLE / "future_unseen_examples.csv")
        expect(page.locator("#job-state")).to_contain_text("Done", timeout=30_000)
        with page.expect_download() as coming:
            page.click("#job-csv")
        assert "prediction" in coming.value.path().read_text().splitlines()[0]
        assert not visitor.complaints

        page.context.clear_cookies()
        page.get_by_label("Bedrooms: more").click()
        expect(page.locator("#trouble")).to_contain_text("no longer logged in")
        visitor.complaints.clear()  # the browser's own line about a 401
    with guarded.database() as database:
        callers = database.execute("SELECT DISTINCT caller FROM predictions_prediction").fetchall()
    assert callers == [("user:admin",)]


@pytest.mark.parametrize("path", ["/", "/console/operations/"])
def test_nobody_sees_the_pages_of_staff(guarded: Live, path: str) -> None:
    response = httpx.get(guarded.url + path)
    assert response.status_code == 302
    assert response.headers["Location"] == f"/admin/login/?next={path}"


def test_what_is_public_stays_so(guarded: Live) -> None:
    for path in ("/console/bitcoin/", "/api/bitcoin/accuracy/", "/api/version/", "/api/docs/"):
        assert httpx.get(guarded.url + path).status_code == 200


def test_no_script_is_offered_a_password(guarded: Live) -> None:
    """A browser would put up a form of its own."""
    url = f"{guarded.url}/api/predict/"
    of_a_page = httpx.post(url, json={}, headers={"Sec-Fetch-Site": "same-origin"})
    of_a_program = httpx.post(url, json={})
    assert (of_a_page.status_code, of_a_program.status_code) == (401, 401)
    assert "Basic" not in of_a_page.headers["WWW-Authenticate"]
    assert "Basic" in of_a_program.headers["WWW-Authenticate"]
