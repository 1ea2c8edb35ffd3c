"""Processes that a killed `bin/up` left behind: found by a mark in their environment, and ended."""

import contextlib
from pathlib import Path

import psutil

MARK = "HOUSING_SUPERVISED_IN"
GRACE_SECONDS = 5.0


def mark(var: Path) -> dict[str, str]:
    return {MARK: str(var)}


def end_leftovers(var: Path) -> int:
    """Stop every process of a former run in `var`; how many there were.

    Only called while no other `bin/up` runs there (its lock is ours).
    """
    found = [process for process in psutil.process_iter() if _is_marked(process, var)]
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=GRACE_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=GRACE_SECONDS)
    return len(found)


def _is_marked(process: psutil.Process, var: Path) -> bool:
    try:
        return process.environ().get(MARK) == str(var)
    except (psutil.Error, OSError):
        return False  # gone, or not ours to look at
