"""Make a log, back it up, compare, restore it into an empty database, print time and size."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import psycopg

from benchmarks.audit.databases import ROOT, Databases, databases, manage
from benchmarks.audit.filling import fill
from ops.embedded.servers import Servers, Unreachable

ASK = "from benchmarks.audit.pattern import ask; print(ask())"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/backup.py", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="each takes 1.3 kB of disk")
    parser.add_argument("--jobs", type=int, default=2, help="of the second restore")
    return parser.parse_args()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def timed(what: str, url: str, *arguments: str) -> None:
    began = time.monotonic()
    manage(url, *arguments)
    say(f"{time.monotonic() - began:8.1f} s  {what}")


def run(chosen: argparse.Namespace, folder: Path, made: Databases) -> None:
    """Raises CalledProcessError if the restored is not equal to the backup."""
    os.environ["HOUSING_VAR"] = str(folder / "service")
    full = made.make("full")
    manage(full, "prepare")
    pattern = manage(full, "shell", "-v", "0", "-c", ASK).split()[-1]
    fill(full, rows=chosen.rows, pattern=pattern, ordered=True, say=say)
    made.settle()
    with psycopg.connect(full) as database:
        size = database.execute("SELECT pg_database_size(current_database())").fetchone()
    assert size is not None
    say(f"{size[0] / 1e9:8.2f} GB the database, indexes included")
    backup = folder / "backup"
    shutil.rmtree(backup, ignore_errors=True)
    timed("bin/backup: dump, files, checksum of every table", full, "back_up", str(backup))
    stored = sum(file.stat().st_size for file in backup.rglob("*") if file.is_file())
    say(f"{stored / 1e9:8.2f} GB the backup")
    timed("bin/restore --compare", full, "restore_backup", str(backup), "--compare")
    for name, jobs in (("one", 1), ("more", chosen.jobs)):
        os.environ["HOUSING_VAR"] = str(folder / f"restored-{name}")
        empty = made.make(name)
        how = ["--jobs", str(jobs)]
        timed(f"bin/restore {' '.join(how)}", empty, "restore_backup", str(backup), *how)
        made.drop(name)


def main() -> int:
    # Otherwise a SIGTERM would leave the databases behind.
    signal.signal(signal.SIGTERM, _end)
    chosen = options()
    folder = Path(os.environ.get("HOUSING_VAR") or ROOT / "var").resolve() / "benchmarks" / "backup"
    try:
        with Servers(folder, os.environ) as servers:
            os.environ.update(servers.environment)
            with databases(servers.environment["DATABASE_URL"]) as made:
                run(chosen, folder, made)
    except Unreachable as error:
        sys.stderr.write(f"benchmarks/backup.py: {error}\n")
        return 2
    except subprocess.CalledProcessError as error:
        return error.returncode
    except KeyboardInterrupt:
        return 130
    finally:
        for name in ("backup", "service", "restored-one", "restored-more"):
            shutil.rmtree(folder / name, ignore_errors=True)
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
