"""The file of one web process, and what becomes of it when the disk or the process ends."""

import logging
import resource
from pathlib import Path

import pytest

from ops.usage import gathering
from ops.usage.models import RequestTotal
from ops.usage.spool import Spool, spools

from .lines import line


def test_it_works(folder: Path, spool: Spool) -> None:
    spool.append(line())
    (file,) = spools(folder)
    assert file.read_bytes().startswith(line()[:8]) and spool.is_open


def test_a_process_that_ends_begins_nothing(folder: Path) -> None:
    spool = Spool(folder)
    spool.begin()
    spool.end()
    spool.begin()
    assert not spool.is_open
    assert len(spools(folder)) == 1


def test_a_disk_that_is_full_loses_counts_and_says_so_once(
    db: None, folder: Path, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    (file,) = spools(folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(line()) * 2 + 10, hard))
    try:
        for _ in range(5):
            spool.append(line())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    spool.append(line())
    assert len(file.read_bytes().split(b"\n")) == 5
    gathering.gather_all()
    assert RequestTotal.objects.get().count == 3
    said = [each.getMessage() for each in caplog.records if each.name == "ops.usage.spool"]
    assert len(said) == 2
    assert said[1].startswith("requests are counted again; 3 were not")


def test_a_folder_that_cannot_be_written_costs_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    spool = Spool(tmp_path / "file" / "usage")
    spool.begin()
    for _ in range(3):
        spool.append(line())
    assert not spool.is_open
    assert [each.levelno for each in caplog.records] == [logging.ERROR]
