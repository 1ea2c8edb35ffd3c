from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.visiting import chromium
from tests.live import Live


# Not for the session: while it lasts, Django's models refuse to work in the thread of the tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def champion(live: Live) -> Iterator[Live]:
    """The service while a model answers that can also give ranges and reasons."""
    live.activate(2)
    yield live
    live.activate(1)
