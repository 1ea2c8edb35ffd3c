"""What the Content-Security-Policy lets each page do, in a real browser."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visiting import Visitor, visiting
from tests.live import Live

INJECTED = """() => {
    const script = document.createElement("script");
    script.textContent = "window.executed = true";
    document.head.append(script);
    return Boolean(window.executed);
}"""
ADMIN = (
    "/admin/",
    "/admin/modelregistry/modelversion/",
    "/admin/predictions/prediction/",
    "/admin/django_celery_beat/periodictask/add/",
)


def about_policies(visitor: Visitor) -> list[str]:
    return [text for text in visitor.complaints if "Content Security Policy" in text]


def test_it_works(live: Live, browser: Browser) -> None:
    """The documentation of the API draws all operations, and tries one."""
    with visiting(browser, live.url) as visitor:
        visitor.go("/api/docs/")
        operations = visitor.page.locator(".opblock")
        expect(operations.first).to_be_visible(timeout=60_000)
        assert operations.count() >= 20
        operation = visitor.page.locator("#operations-health-livez")
        operation.locator(".opblock-summary-control").click()
        operation.get_by_text("Try it out").click()
        operation.get_by_text("Execute").click()
        expect(operation.locator(".responses-table.live-responses-table")).to_contain_text("live")
        visitor.picture("docs")


@pytest.mark.parametrize("path", ["/", "/api/docs/", "/admin/login/"])
def test_what_is_brought_into_a_page_is_not_executed(
    live: Live, browser: Browser, path: str
) -> None:
    with visiting(browser, live.url) as visitor:
        visitor.go(path)
        visitor.page.wait_for_load_state("load")
        assert not about_policies(visitor)
        assert visitor.page.evaluate(INJECTED) is False
        assert len(about_policies(visitor)) == 1
        visitor.complaints.clear()


def test_the_admin_works(live: Live, browser: Browser) -> None:
    with visiting(browser, live.url) as visitor:
        visitor.go_as_admin(ADMIN[0], live.password)
        for path in ADMIN:
            visitor.go(path)
            expect(visitor.page.locator("h1, #content").first).to_be_visible()
            visitor.picture("admin" + path.replace("/", "-"))
        visitor.go(ADMIN[1])
        visitor.page.locator("#result_list a[href*='/change/']").first.click()
        visitor.page.wait_for_url("**/change/**")
        visitor.picture("admin-version")
