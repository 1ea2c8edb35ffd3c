"""A pytest plugin for `-n 2`: in which order the processes get the files, and what runs alone.

The processes share the machine. A test that is marked `alone` puts a service under load and counts
on being answered soon: while it runs, no test of another process does.
"""

import fcntl
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import TOGETHER

# They start the whole product.
SERVICES = {"live", "own", "apart", "started_before"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start services come first, so that the last ones are short; then those alone."""
    if TOGETHER:
        dear = {file_of(item) for item in items if starts_service(item)}
        alone = {file_of(item) for item in items if is_alone(item)}
        items.sort(key=lambda item: (file_of(item) in alone, file_of(item) not in dear))


def file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def starts_service(item: pytest.Item) -> bool:
    return not SERVICES.isdisjoint(getattr(item, "fixturenames", ()))


def is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    if not TOGETHER:
        return (yield)
    with turn(alone=is_alone(item)):
        return (yield)


@contextmanager
def turn(*, alone: bool) -> Iterator[None]:
    with (Path(TOGETHER) / "room").open("a") as room:
        # Who waits for the room keeps the door: it is next, however many others come.
        with (Path(TOGETHER) / "door").open("a") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
