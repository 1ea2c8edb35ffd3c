"""The release before this one: its files, as `deploy/previous-release` names them."""

import io
import os
import subprocess
import tarfile
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

COMMIT = (settings.BASE_DIR / "deploy" / "previous-release").read_text().strip()


def git(*arguments: str, check: bool = True) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        ["git", *arguments], cwd=settings.BASE_DIR, capture_output=True, check=check
    )


@cache
def is_known() -> bool:
    return git("cat-file", "-e", f"{COMMIT}^{{commit}}", check=False).returncode == 0


# With HISTORY_REQUIRED, as in CI, what needs the commit is tried, and fails where there is none.
needs_history = pytest.mark.skipif(
    not is_known() and not os.environ.get("HISTORY_REQUIRED"),
    reason=f"the history has no {COMMIT[:7]}, the release before: a whole clone has",
)


def files_before() -> set[str]:
    """Paths of all files of the release before."""
    return set(git("ls-tree", "-r", "--name-only", COMMIT).stdout.decode().splitlines())


def unpack(folder: Path) -> None:
    archive = git("archive", COMMIT).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
