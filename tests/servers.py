"""A pytest plugin: PostgreSQL and Valkey for the tests, started before the settings are read.

With DATABASE_URL or REDIS_URL set, those are used; Django makes its own test database there.
With `-n 2` (pytest-xdist) the tests are handed out to processes that have servers of their own.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ops.embedded.servers import Servers

_GIVEN = dict(os.environ)
# Tests name the data they use; a default would make their result depend on the machine.
REAL_DATA = os.environ.pop("HOUSING_DATA", "")
TOGETHER = os.environ.pop("TESTS_TOGETHER", "")
"""A folder that the processes of one run share; empty where there is but one process."""
OUTSIDE = dict(os.environ)
"""The environment as a user has it: for commands that the tests run."""
# The process that hands out reads the settings too, and asks no server anything.
_NO_SERVERS = {
    "DATABASE_URL": "postgresql:///none",
    "REDIS_URL": "redis://localhost",
    "HOUSING_SECRET_KEY": "none",
}
_at_the_end = ExitStack()


# Around pytest-django's, which reads the settings.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    folder = Path(tempfile.mkdtemp(prefix="housing-tests-"))
    _at_the_end.callback(shutil.rmtree, folder, ignore_errors=True)
    if _hands_out(early_config):
        os.environ.update(_NO_SERVERS)
        yield
        os.environ.clear()
        os.environ.update(_GIVEN, TESTS_TOGETHER=str(folder))
    else:
        os.environ.update(_at_the_end.enter_context(Servers(folder, os.environ)).environment)
        yield


def _hands_out(config: pytest.Config) -> bool:
    # In the processes that test, xdist says who they are before it reads the same arguments.
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    return bool(config.known_args_namespace.numprocesses) and not is_worker


def pytest_unconfigure() -> None:
    _at_the_end.close()
