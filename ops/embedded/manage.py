"""`bin/manage`: manage.py inside the environment and the servers of `bin/up`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from ops.embedded.servers import Servers, Unreachable

ROOT = Path(__file__).resolve().parent.parent.parent


def main(arguments: list[str], var: Path) -> int:
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
            return process.wait()
    except (Unreachable, RuntimeError) as error:
        print(f"bin/manage: {error}", file=sys.stderr)
        return 1


def _default_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
