"""`bin/manage`: manage.py inside the environment and the servers of `bin/up`."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from ops.embedded.servers import Servers, Unreachable

ROOT = Path(__file__).resolve().parent.parent.parent


def main(arguments: list[str], var: Path) -> int:
    signal.signal(signal.SIGTERM, _end)
    try:
        with Servers(var, os.environ) as servers:
            # Ctrl-C is the command's to handle (psql, a shell); we end after it.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), *arguments],
                env={**os.environ, **servers.environment},
                preexec_fn=_default_interrupt,
            )
            signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
            code = process.wait()
            return 128 - code if code < 0 else code  # as a shell tells of a signal
    except KeyboardInterrupt:
        return 130
    except (Unreachable, RuntimeError) as error:
        print(f"bin/manage: {error}", file=sys.stderr)
        return 1


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _default_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
