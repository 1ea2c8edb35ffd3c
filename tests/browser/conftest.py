from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.visiting import chromium


# Not for the session: while it lasts, Django's models refuse to work in the thread of the tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser
