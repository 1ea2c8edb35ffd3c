"""A backup that is taken while a service answers, and while batches come to their end."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from django.conf import settings

from benchmarks.asking import Askers
from predictors.homes.ml.schema import HOME_FIELDS
from tests.live import Live, outside, wait_until

HOME: dict[str, Any] = {field.name: field.example for field in HOME_FIELDS}
ROWS, PIECE = 500, 10
HELD = "auth_group_id_seq"


def send_batch(service: Live, *, rows: int) -> str:
    cells = ",".join(str(value) for value in HOME.values())
    file = "\n".join([",".join(HOME), *[cells] * rows]).encode()
    request = Request(f"{service.url}/api/batches/", file, {"Content-Type": "text/csv"})
    with urlopen(request) as response:
        return str(json.load(response)["id"])


def is_done(service: Live, batch: str) -> bool:
    state = service.get(f"/api/batches/{batch}/")[1]["state"]
    assert state not in {"failed", "cancelled"}
    return bool(state == "done")


def is_begun(service: Live, batch: str) -> bool:
    """One piece is done."""
    done = "SELECT FROM batches_batchchunk WHERE batch_id = %s AND done_at IS NOT NULL"
    with service.database() as database:
        return database.execute(done, [batch]).rowcount > 0


@contextmanager
def kept_from_its_end(service: Live, batch: str) -> Iterator[None]:
    """Its pieces may be done, but to workers it looks as if another one put them together."""
    with service.database() as database:
        database.execute("SELECT pg_advisory_lock(hashtext('batch'), hashtext(%s))", [batch])
        yield


@contextmanager
def all_kept_from_their_end(service: Live) -> Iterator[None]:
    """Pieces may be done, but who wants to put them together waits: then it goes on at once."""
    with service.database() as database, database.transaction():
        database.execute("LOCK TABLE batches_batch IN SHARE MODE")
        yield


@dataclass
class Taken:
    """While the service answered, and two batches were nearly done when it began."""

    code: int
    said: str
    ended: str
    """The batch that ended before its files had been copied."""
    unfinished: str
    """The one that had not ended when the backup had been taken."""
    answered: int


def back_up(service: Live, folder: Path, askers: Askers) -> Taken:
    unfinished, ended = (send_batch(service, rows=ROWS) for _ in range(2))
    wait_until(lambda: is_begun(service, unfinished) and is_begun(service, ended), 60)
    with (
        kept_from_its_end(service, unfinished),
        ExitStack() as held,
        service.database() as database,
    ):
        held.enter_context(all_kept_from_their_end(service))
        waiting = "SELECT FROM batches_batchchunk WHERE done_at IS NULL"
        wait_until(lambda: database.execute(waiting).rowcount == 0, 60)
        assert not is_done(service, unfinished) and not is_done(service, ended)
        with database.transaction(force_rollback=True):
            # A backup reads the sequences: here it waits, and has chosen its moment.
            database.execute(f"ALTER SEQUENCE {HELD} CACHE 1")
            before = len(askers.replies)
            process = subprocess.Popen(
                ["bin/backup", str(folder)],
                cwd=settings.BASE_DIR,
                env=outside(service.var),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            waits = f"SELECT FROM pg_locks WHERE relation = '{HELD}'::regclass AND NOT granted"
            wait_until(lambda: database.execute(waits).rowcount == 1, 60)
            held.close()
            wait_until(lambda: is_done(service, ended), 60)
            files = service.var / "batches" / ended
            wait_until(lambda: not [*files.glob("chunk-*")], 60)
        _, stderr = process.communicate(timeout=120)
        answered = len(askers.replies) - before
    return Taken(process.returncode, stderr, ended, unfinished, answered)
