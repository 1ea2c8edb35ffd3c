from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.usage import gathering
from ops.usage.spool import Spool


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.VAR = tmp_path
    return gathering.folder()


@pytest.fixture
def spool(folder: Path) -> Iterator[Spool]:
    spool = Spool(folder)
    spool.begin()
    yield spool
    spool.end()
