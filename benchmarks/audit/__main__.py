"""Make a large log beside an empty one, read it, write to both, print the figures."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from benchmarks.audit.databases import ROOT, Databases, databases, manage
from benchmarks.audit.filling import fill, sizes
from ops.embedded.servers import Servers, Unreachable


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/audit_log.py", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="each takes 1.3 kB of disk")
    parser.add_argument("--seconds", type=int, default=10, help="of writing to each, per round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--random-request-ids", action="store_true", help="as if every client sent its own"
    )
    return parser.parse_args()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def compare(chosen: argparse.Namespace, url: str, made: Databases) -> None:
    """Raises CalledProcessError if the log is not read or written as fast as it has to be."""
    prepared = made.make("prepared")
    manage(prepared, "prepare")
    code = "from benchmarks.audit.pattern import ask; print(ask())"
    pattern = manage(prepared, "shell", "-v", "0", "-c", code).split()[-1]
    full = made.make("full", template="prepared")
    fill(full, rows=chosen.rows, pattern=pattern, ordered=not chosen.random_request_ids, say=say)
    for name, size in sizes(full).items():
        say(f"{size / 1e9:8.2f} GB  {name}")
    made.settle()
    arguments = {
        "url": url,
        "prefix": made.prefix,
        "full": full,
        "pattern": pattern,
        "seconds": chosen.seconds,
        "rounds": chosen.rounds,
        "ordered": not chosen.random_request_ids,
    }
    code = f"from benchmarks.audit.measuring import main; main(**{arguments!r})"
    manage(full, "shell", "-v", "0", "-c", code, show=True)


def main() -> int:
    # Otherwise a SIGTERM would leave the databases behind.
    signal.signal(signal.SIGTERM, _end)
    chosen = options()
    folder = Path(os.environ.get("HOUSING_VAR") or ROOT / "var").resolve() / "benchmarks" / "audit"
    try:
        with Servers(folder, os.environ) as servers:
            os.environ.update(servers.environment)
            url = servers.environment["DATABASE_URL"]
            with databases(url) as made:
                compare(chosen, url, made)
    except Unreachable as error:
        sys.stderr.write(f"benchmarks/audit_log.py: {error}\n")
        return 2
    except subprocess.CalledProcessError as error:
        return error.returncode
    except KeyboardInterrupt:
        return 130
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
