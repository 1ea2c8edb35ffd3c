"""Long computations beside a service that answers: the answers come first."""

import contextlib
import os
from pathlib import Path

LAST = 19


def step_back(pid: int, nice: int = LAST) -> None:
    """Let a process of ours have what others leave of the processor; a raised one stays so.

    Linux may share the processor among sessions first, and only within each by niceness
    (`sched_autogroup`, sched(7)): a process that has a session of its own is told there too.
    """
    with contextlib.suppress(OSError):  # it has ended
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    with contextlib.suppress(OSError):  # there is no such thing here
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))
