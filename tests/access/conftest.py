from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.access.callers import Caller, every_caller
from tests.access.operations import Operation, operations_of
from tests.conftest import copy_of
from tests.live import Live, start


@pytest.fixture(scope="module")
def guarded(started_before: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service of its own that asks for keys, as in production."""
    var = copy_of(started_before, tmp_path_factory.mktemp("guarded"))
    # Schemathesis guesses passwords: it is to hear that they are wrong, not that it is locked out.
    service = start(var, HOUSING_ACCESS="keys", HOUSING_LOGIN_ATTEMPTS="1000000")
    service.output.insert(0, (started_before.parent / "said").read_text())  # the password
    yield service
    service.stop()


@pytest.fixture(scope="module")
def callers(guarded: Live) -> list[Caller]:
    return every_caller(guarded)


@pytest.fixture(scope="module")
def operations(guarded: Live) -> list[Operation]:
    return list(operations_of(httpx.get(f"{guarded.url}/api/schema/?format=json").json()))


@pytest.fixture(scope="module")
def client(guarded: Live) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded.url, timeout=60) as client:
        yield client
