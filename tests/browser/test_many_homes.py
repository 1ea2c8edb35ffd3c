"""A file of homes on the estimator, in a real browser."""

import csv
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.visiting import visiting
from tests.live import SAMPLE, Live

EXAMPLES = SAMPLE / "future_unseen_examples.csv"


def test_it_works(live: Live, browser: Browser, tmp_path: Path) -> None:
    header, *rows = EXAMPLES.read_text().splitlines()
    rows[2] = rows[2].replace(rows[2].split(",")[0], "many", 1)
    homes = tmp_path / "homes.csv"
    homes.write_text("\n".join([header, *rows]) + "\n")
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with visiting(browser, live.url) as visitor:
        page = visitor.page
        visitor.go("/")
        page.locator("#file").set_input_files(homes)
        expect(page.locator("#job-state")).to_have_text(
            f"Done: {len(rows)} of {len(rows)} homes, 1 refused"
        )
        expect(page.locator("#refused tbody tr")).to_have_count(1)
        expect(page.locator("#refused tbody")).to_contain_text('"many" is not a number')
        assert not visitor.faults_of_access()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the values").click()
        with Path(download.value.path()).open() as file:
            values = list(csv.DictReader(file))
        assert [bool(row["prediction"]) for row in values] == [
            place != 2 for place in range(len(rows))
        ]
        page.locator("#file").set_input_files(other)
        expect(page.locator("#job-state")).to_contain_text(
            "Not accepted: the column is missing (bedrooms"
        )
        visitor.complaints[:] = [one for one in visitor.complaints if "422" not in one]


def test_another_file_ends_the_one_before(live: Live, browser: Browser) -> None:
    """Nobody would see its end, and the next one would wait for it."""
    with visiting(browser, live.url) as visitor:
        page = visitor.page
        visitor.go("/")
        page.route("**/api/batches/*/", lambda _: None)  # how far it is, never said
        with page.expect_response("**/api/batches/"):
            page.locator("#file").set_input_files(EXAMPLES)
        expect(page.locator("#job-cancel")).to_be_visible()
        page.unroute("**/api/batches/*/")
        with page.expect_request("**/api/batches/*/cancel/") as cancelled:
            page.locator("#file").set_input_files(EXAMPLES)
        assert cancelled.value.method == "POST"
        expect(page.locator("#job-state")).to_contain_text("Done: 100 of 100")
        # It may have been over.
        visitor.complaints[:] = [one for one in visitor.complaints if "409" not in one]
