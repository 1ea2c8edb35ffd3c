"""Make logs of one size that differ in what they hold, open the page of each, print the figures."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

import psycopg

from benchmarks.audit.databases import ROOT, Databases, databases, manage
from benchmarks.operating.filling import PLACEMENTS, fill, sizes
from ops.embedded.servers import Servers, Unreachable

ASK = "from benchmarks.audit.pattern import ask; print(ask())"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/operations.py", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="each takes 1.3 kB of disk")
    parser.add_argument("--pages", type=int, default=20, help="how often each page is opened")
    parser.add_argument("--turns", type=int, default=6, help="of writing, with and without index")
    return parser.parse_args()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(chosen: argparse.Namespace, made: Databases) -> int:
    """1 if a page takes longer than it may. Raises CalledProcessError."""
    prepared = made.make("prepared")
    manage(prepared, "prepare")
    pattern = manage(prepared, "shell", "-v", "0", "-c", ASK).split()[-1]
    show_index(chosen, made, pattern)
    missed = 0
    for number, placement in enumerate(PLACEMENTS):
        name = f"full_{number}"
        full = made.make(name, template="prepared")
        fill(full, rows=chosen.rows, placement=placement, pattern=pattern)
        made.settle()
        say(f"\n{chosen.rows:,} rows {placement.name}")
        arguments = {"url": full, "pattern": pattern, "pages": chosen.pages}
        code = f"from benchmarks.operating.measuring import main; main(**{arguments!r})"
        try:
            manage(full, "shell", "-v", "0", "-c", code, show=True)
        except subprocess.CalledProcessError:
            missed = 1
        found = ", ".join(f"{what} {size / 1e6:,.1f} MB" for what, size in sizes(full).items())
        say(f"  on disk: {found}")
        made.drop(name)
    return missed


def show_index(chosen: argparse.Namespace, made: Databases, pattern: str) -> None:
    """Rows as the service writes them, with and without the index that counting needs."""
    urls = {name: made.make(name, template="prepared") for name in ("indexed", "plain")}
    with psycopg.connect(urls["plain"], autocommit=True) as database:
        database.execute("DROP INDEX prediction_created")
    arguments = {**urls, "pattern": pattern, "turns": chosen.turns}
    code = f"from benchmarks.operating.writing import main; main(**{arguments!r})"
    manage(urls["plain"], "shell", "-v", "0", "-c", code, show=True)
    for name in urls:
        made.drop(name)


def main() -> int:
    # Otherwise a SIGTERM would leave the databases behind.
    signal.signal(signal.SIGTERM, _end)
    chosen = options()
    folder = Path(os.environ.get("HOUSING_VAR") or ROOT / "var").resolve()
    try:
        with Servers(folder / "benchmarks" / "operations", os.environ) as servers:
            os.environ.update(servers.environment)
            url = servers.environment["DATABASE_URL"]
            with databases(url) as made:
                return run(chosen, made)
    except Unreachable as error:
        sys.stderr.write(f"benchmarks/operations.py: {error}\n")
        return 2
    except subprocess.CalledProcessError as error:
        return error.returncode
    except KeyboardInterrupt:
        return 130


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
