"""A backup: the dump of one moment, and the files that the rows of that moment name."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from ops.backup import files, server
from ops.backup.contents import contents_of, roles_in, sequences_of
from ops.backup.errors import CannotBackUp
from ops.backup.manifest import DUMP, Manifest, StoredFile, digest_of

ARTIFACTS = """
SELECT model_file, model_sha256 FROM modelregistry_modelversion WHERE gate <> 'removed'
UNION
SELECT features_file, features_sha256 FROM modelregistry_modelversion WHERE gate <> 'removed'
ORDER BY 1
"""
# Files of old versions are removed each hour: who was hit by that sees another moment.
ATTEMPTS = 3


class _FileGone(Exception):
    """A row of this moment names a file that was removed since."""


def take_backup(*, folder: Path, with_batches: bool, report: Callable[[str], None]) -> Manifest:
    """`folder` is made; until all is in it, it is called FOLDER.unfinished. Raises CannotBackUp.

    The service may go on meanwhile: what is committed later is not in it.
    """
    if folder.exists():
        raise CannotBackUp(f"{folder} is there already: a backup gets a folder of its own")
    aside = folder.with_name(f"{folder.name}.unfinished")
    try:
        with server.connected() as connection:
            server.check_program("pg_dump", at_least=server.major_of(connection))
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    _empty(aside)
                    manifest = _of_one_moment(connection, aside, with_batches, report)
                    break
                except _FileGone as error:
                    if attempt == ATTEMPTS:
                        raise CannotBackUp(str(error)) from error
                    report(f"{error}; taking another moment")
        manifest.write(aside)
        aside.rename(folder)
    except (OSError, psycopg.Error, server.NoProgram) as error:
        raise CannotBackUp(" ".join(str(error).split())) from error
    return manifest


def _empty(folder: Path) -> None:
    """Nobody else's to read: requests are in it."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)


def _of_one_moment(
    connection: psycopg.Connection[Any],
    folder: Path,
    with_batches: bool,
    report: Callable[[str], None],
) -> Manifest:
    """One snapshot for the dump, for what is counted, and for the names of files."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        sequences = sequences_of(connection)
        (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        made_at = datetime.now(UTC)
        # First the files: those of versions may be removed, the rows of this moment may not.
        report("copying the files of versions" + " and batches" * with_batches)
        stored = _artifacts(connection, folder)
        if with_batches:
            stored += _batches(folder)
        report("dumping the database")
        dump = folder / DUMP
        program = server.start("pg_dump", "--format=custom", f"--snapshot={snapshot}", output=dump)
        try:
            contents = contents_of(connection, sequences=sequences)
            fault = server.fault_of(program)
        finally:
            _end(program)
        if fault:
            raise CannotBackUp(f"pg_dump failed: {fault}")
        return Manifest(
            made_at=made_at.isoformat(timespec="seconds"),
            release=f"{settings.API_VERSION} ({settings.REVISION})",
            server=server.major_of(connection),
            roles=roles_in(connection),
            dump_bytes=dump.stat().st_size,
            dump_sha256=digest_of(dump),
            contents=contents,
            files=stored,
        )


def _end(program: "subprocess.Popen[str]") -> None:
    """It does not outlive us, nor the snapshot."""
    if program.poll() is None:
        program.kill()
        program.communicate()


def _artifacts(connection: psycopg.Connection[Any], folder: Path) -> list[StoredFile]:
    """Raises _FileGone; CannotBackUp: a file is not what its row says, or was lost long ago."""
    found = []
    for name, sha256 in connection.execute(ARTIFACTS).fetchall():
        try:
            file = files.copy_out("artifacts", name, folder)
        except FileNotFoundError as error:
            raise _FileGone(f"the file {name} of a version is not there") from error
        if file.sha256 != sha256:
            raise CannotBackUp(f"the file {name} is not what its version says: restore it first")
        found.append(file)
    return found


def _batches(folder: Path) -> list[StoredFile]:
    """What clients sent and their results; those that go meanwhile are nobody's loss."""
    found = []
    for name in files.all_names("batches"):
        try:
            found.append(files.copy_out("batches", name, folder))
        except FileNotFoundError:
            (folder / "batches" / name).unlink(missing_ok=True)
    return found
