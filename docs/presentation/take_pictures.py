"""Takes the pictures of pages that stand on slides, light and dark, from a running service.

python docs/presentation/take_pictures.py http://127.0.0.1:8000 PASSWORD

with the real data, and requests of some minutes for the operations page. PASSWORD is the admin's.
"""

import io
import sys
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright

PICTURES = Path(__file__).resolve().parent / "pictures"
PARTS = {"estimate": "#head", "reasons": "#reasons"}
# As large as the words on slides shall be; the pages are made for all widths.
WHOLE, COLUMN, NARROW = (1180, 620), (1100, 1200), (700, 1400)
# Twice as many points as the page has: the slides are shown on large screens.
SCALE = 2


def keep(name: str, of: Page | Locator) -> None:
    Image.open(io.BytesIO(of.screenshot())).save(PICTURES / f"{name}.webp", quality=82, method=6)


def take(browser: Browser, url: str, password: str, scheme: Literal["light", "dark"]) -> None:
    ending = "-dark" if scheme == "dark" else ""
    page = browser.new_page(viewport=size(WHOLE), color_scheme=scheme, device_scale_factor=SCALE)
    page.goto(url)
    page.locator("#examples button").first.click()
    page.wait_for_selector("#reasons:not([hidden])")
    page.wait_for_selector("#head[aria-busy=false]")
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)
    keep(f"page{ending}", page)
    page.set_viewport_size(size(COLUMN))
    for name, selector in PARTS.items():
        keep(f"{name}{ending}", page.locator(selector))
    page.set_viewport_size(size(NARROW))
    page.locator("#sales-table").scroll_into_view_if_needed()
    keep(f"sales{ending}", page.locator("#sales-table"))
    page.set_viewport_size(size(WHOLE))
    page.goto(f"{url}/console/operations/?range=1h")
    page.fill("#id_username", "admin")
    page.fill("#id_password", password)
    page.press("#id_password", "Enter")
    page.wait_for_selector("#requests-chart canvas")
    keep(f"operations{ending}", page)
    page.close()


def size(pair: tuple[int, int]) -> ViewportSize:
    return {"width": pair[0], "height": pair[1]}


def main() -> None:
    url, password = sys.argv[1].rstrip("/"), sys.argv[2]
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        take(browser, url, password, "light")
        take(browser, url, password, "dark")
        browser.close()


if __name__ == "__main__":
    main()
