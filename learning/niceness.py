"""Long computations beside a service that answers: the answers come first."""

import contextlib
import os
from pathlib import Path

LAST = 19
SESSION = 10
"""Not the last: beside sessions that never rest it would come to nothing at all."""


def step_back(pid: int) -> None:
    """Let a process of ours have what others leave of the processor.

    Linux may share the processor among sessions first, and only within each by niceness
    (`sched_autogroup`, sched(7)): a process that has a session of its own is told there too.
    """
    with contextlib.suppress(OSError):  # it has ended
        os.setpriority(os.PRIO_PROCESS, pid, LAST)
    with contextlib.suppress(OSError):  # there is no such thing here
        Path(f"/proc/{pid}/autogroup").write_text(str(SESSION))
