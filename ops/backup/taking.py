"""A backup: the dump of one moment, and the files that the rows of that moment name."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from ops.backup import files, server
from ops.backup.contents import contents_of, roles_in, sequences_of
from ops.backup.errors import CannotBackUp
from ops.backup.manifest import DUMP, Contents, Manifest, StoredFile, digest_of

# Asked on the connection that has the snapshot, which is none of Django's.
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
            for attempts_left in reversed(range(ATTEMPTS)):
                try:
                    _empty(aside)
                    found = _Moment(connection, aside, report, is_last=not attempts_left)
                    manifest = found.backed_up(with_batches=with_batches)
                    break
                except _FileGone as error:
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


class _Moment:
    """One snapshot for the dump, for what is counted, and for the names of files."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        folder: Path,
        report: Callable[[str], None],
        *,
        is_last: bool,
    ) -> None:
        """`is_last`: what is missing now was not removed a moment ago, it is lost."""
        self._connection = connection
        self._folder = folder
        self._report = report
        self._is_last = is_last
        self._lost: list[str] = []

    def backed_up(self, *, with_batches: bool) -> Manifest:
        """Raises _FileGone, CannotBackUp."""
        connection = self._connection
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            sequences = sequences_of(connection)
            (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            made_at = datetime.now(UTC)
            # First the files: those of versions may be removed, the rows of this moment may not.
            self._report("copying the files of versions" + " and batches" * with_batches)
            stored = self._artifacts() + (_batches(self._folder) if with_batches else [])
            self._report("dumping the database")
            dump = self._folder / DUMP
            contents = _dumped(connection, dump, snapshot, sequences)
            return Manifest(
                made_at=made_at.isoformat(timespec="seconds"),
                release=f"{settings.API_VERSION} ({settings.REVISION})",
                server=server.major_of(connection),
                roles=roles_in(connection),
                dump_bytes=dump.stat().st_size,
                dump_sha256=digest_of(dump),
                contents=contents,
                files=stored,
                lost=self._lost,
            )

    def _artifacts(self) -> list[StoredFile]:
        """Those that are what their rows say; the others are noted as lost."""
        found = []
        for name, sha256 in self._connection.execute(ARTIFACTS).fetchall():
            try:
                file = files.copy_out("artifacts", name, self._folder)
            except FileNotFoundError as error:
                if not self._is_last:
                    raise _FileGone(f"the file {name} of a version is not there") from error
                self._lost.append(name)
                continue
            if file.sha256 == sha256:
                found.append(file)
            else:
                (self._folder / file.place).unlink()
                self._lost.append(name)
        return found


def _dumped(
    connection: psycopg.Connection[Any], dump: Path, snapshot: str, sequences: dict[str, int]
) -> Contents:
    """What is in it is counted while pg_dump writes it. Raises CannotBackUp."""
    program = server.start("pg_dump", "--format=custom", f"--snapshot={snapshot}", output=dump)
    try:
        contents = contents_of(connection, sequences=sequences)
        fault = server.fault_of(program)
    finally:
        if program.poll() is None:  # it does not outlive us, nor the snapshot
            program.kill()
            program.communicate()
    if fault:
        raise CannotBackUp(f"pg_dump failed: {fault}")
    return contents


def _batches(folder: Path) -> list[StoredFile]:
    """What clients sent and their results; those that go meanwhile are nobody's loss."""
    found = []
    for name in files.all_names("batches"):
        try:
            found.append(files.copy_out("batches", name, folder))
        except FileNotFoundError:
            (folder / "batches" / name).unlink(missing_ok=True)
    return found
