#!/usr/bin/env python3
"""How large and how quick the estimator is in a real Chromium; see README.md.

    .venv/bin/python benchmarks/pages.py [--url http://127.0.0.1:8000] [--edits 50]

The service is a running one; Playwright and a Chromium are needed, as for the tests of the pages.
"""

import argparse
import shutil
import statistics
import sys
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
VISITS = 9
# In ms since the page was asked for. Where the first estimate stands, edits are listened to.
WATCH = """
window.seen = {};
const look = () => {
  const estimate = document.getElementById("estimate")?.textContent ?? "";
  if (estimate.startsWith("$") && !seen.estimate) seen.estimate = performance.now();
  if (document.querySelector("#map path.chosen") && !seen.map) seen.map = performance.now();
};
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
"""
# From the edit until the frame after its answer is shown.
EDIT = """
(value) => new Promise((resolve) => {
  const head = document.getElementById("head"), field = document.getElementById("fact-sqft_living");
  let asked = false;
  const watcher = new MutationObserver(() => {
    if (head.getAttribute("aria-busy") === "true") asked = true;
    else if (asked) {
      watcher.disconnect();
      requestAnimationFrame(() => resolve(performance.now() - started));
    }
  });
  watcher.observe(head, { attributes: true });
  field.value = value;
  const started = performance.now();
  field.dispatchEvent(new Event("input", { bubbles: true }));
})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--edits", type=int, default=50)
    options = parser.parse_args()
    path = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        show_size(browser, options.url)
        show_opening(browser, options.url)
        show_edits(browser, options.url, options.edits)
        browser.close()


def show_size(browser: Browser, url: str) -> None:
    page = browser.new_page()
    requests: list[Any] = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    sent = sum(request.sizes()["responseBodySize"] for request in requests)
    whole = sum(len(request.response().body()) for request in requests)
    say(f"first page: {len(requests)} requests, {sent:,} bytes sent, {whole:,} unpacked")
    page.close()


def show_opening(browser: Browser, url: str) -> None:
    """Each visit without a cache."""
    seen = []
    for _ in range(VISITS):
        page = browser.new_page()
        page.add_init_script(WATCH)
        page.goto(url)
        page.wait_for_function("window.seen.estimate && window.seen.map")
        seen.append(page.evaluate("window.seen"))
        page.close()
    for name, what in (("estimate", "first estimate, ready for edits"), ("map", "map drawn")):
        show(what, [one[name] for one in seen])


def show_edits(browser: Browser, url: str, edits: int) -> None:
    page: Page = browser.new_page()
    page.goto(url)
    page.wait_for_load_state("networkidle")
    show(
        "an edit until its estimate shows",
        [page.evaluate(EDIT, 1500 + 10 * n) for n in range(edits)],
    )


def show(what: str, milliseconds: list[float]) -> None:
    ordered = sorted(milliseconds)
    late = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    median = statistics.median(ordered)
    times = f"p95 {late:.0f}, most {ordered[-1]:.0f} ({len(ordered)} times)"
    say(f"{what}: median {median:.0f} ms, {times}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
