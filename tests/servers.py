"""A pytest plugin: PostgreSQL and Valkey for the tests, started before the settings are read.

With DATABASE_URL or REDIS_URL set, those are used; Django makes its own test database there.
"""

import os
import shutil
import tempfile
from pathlib import Path

from ops.embedded.servers import Servers

# Tests name the data they use; a default would make their result depend on the machine.
REAL_DATA = os.environ.pop("HOUSING_DATA", "")
OUTSIDE = dict(os.environ)
"""The environment as a user has it: for commands that the tests run."""

_folder = Path(tempfile.mkdtemp(prefix="housing-tests-"))
_servers = Servers(_folder, os.environ)
_servers.__enter__()
os.environ.update(_servers.environment)


def pytest_unconfigure() -> None:
    _servers.__exit__(None, None, None)
    shutil.rmtree(_folder, ignore_errors=True)
