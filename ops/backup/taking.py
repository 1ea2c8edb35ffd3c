"""A backup: the dump of one moment, and the files that the rows of that moment name."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from django.conf import settings

from ops.backup import files, room, server
from ops.backup.contents import contents_of, roles_in, sequences_of
from ops.backup.errors import CannotBackUp
from ops.backup.manifest import DUMP, Contents, Manifest, StoredFile, digest_of
from ops.backup.schemas import needed_elsewhere, other_schemas

# Asked on the connection that has the snapshot, which is none of Django's.
ARTIFACTS = """
SELECT 'artifacts', model_file, model_sha256 FROM modelregistry_modelversion
WHERE gate <> 'removed'
UNION
SELECT 'artifacts', features_file, features_sha256 FROM modelregistry_modelversion
WHERE gate <> 'removed'
ORDER BY 2
"""
# First what goes first: the pieces of a batch are one file a moment after the last is done. Of what
# has ended without results nothing is read again, and its files may go within the hour.
BATCHES = """
SELECT 'batches', file, '' FROM (
    SELECT 1 AS place, chunk.result AS file FROM batches_batchchunk AS chunk
    JOIN batches_batch AS batch ON batch.id = batch_id
    WHERE state IN ('accepted', 'scoring', 'assembling')
    UNION ALL
    SELECT 2, upload FROM batches_batch
    WHERE state IN ('accepted', 'scoring', 'assembling', 'done') AND files_removed_at IS NULL
    UNION ALL
    SELECT 3, result FROM batches_batch WHERE state = 'done' AND files_removed_at IS NULL
) AS files WHERE file <> '' ORDER BY place, file
"""
# Files of versions and batches are removed meanwhile, as their rows then say: who was hit by that
# sees another moment.
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
            _check_whole(connection)
            for attempts_left in reversed(range(ATTEMPTS)):
                try:
                    _empty(aside)
                    found = _Moment(connection, aside, report, is_last=not attempts_left)
                    manifest = found.backed_up(with_batches=with_batches)
                    break
                except _FileGone as error:
                    report(f"{error}; taking another moment")
        manifest.write(aside)
        files.sync_folders(aside)
        aside.rename(folder)
        files.sync_folder(folder.parent)
    except (OSError, psycopg.Error, server.NoProgram) as error:
        raise CannotBackUp(" ".join(str(error).split())) from error
    return manifest


def _check_whole(connection: psycopg.Connection[Any]) -> None:
    """What is backed up can be restored. Raises CannotBackUp."""
    if said := room.interrupted(connection):
        raise CannotBackUp(said)
    if needed := needed_elsewhere(connection):
        raise CannotBackUp(
            "what is in the schema public could not be restored without other schemas, which are "
            f"not backed up: {'; '.join(needed[:10])}"
        )


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
            # First the files: they may be removed, the rows of this moment may not.
            self._report("copying the files of versions" + " and batches" * with_batches)
            stored = self._files(BATCHES) if with_batches else []
            stored += self._files(ARTIFACTS)
            self._report("dumping the database")
            dump = self._folder / DUMP
            left_out = other_schemas(connection)
            contents = _dumped(connection, dump, snapshot, sequences, left_out)
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
                left_out=left_out,
            )

    def _files(self, named: LiteralString) -> list[StoredFile]:
        """Those that are what their rows say; the others are noted as lost. Raises _FileGone."""
        found = []
        for storage, name, sha256 in self._connection.execute(named).fetchall():
            try:
                file = files.copy_out(storage, name, self._folder)
            except FileNotFoundError as error:
                if not self._is_last:
                    raise _FileGone(f"the file {storage}/{name} is not there") from error
                self._lost.append(f"{storage}/{name}")
                continue
            if sha256 in ("", file.sha256):
                found.append(file)
            else:
                (self._folder / file.place).unlink()
                self._lost.append(file.place)
        return found


def _dumped(
    connection: psycopg.Connection[Any],
    dump: Path,
    snapshot: str,
    sequences: dict[str, int],
    left_out: list[str],
) -> Contents:
    """What is in it is counted while pg_dump writes it, and syncs it. Raises CannotBackUp."""
    # Not --schema=public: the dump would make that schema, and extensions would not be in it.
    others = [f"--exclude-schema={_literal(name)}" for name in left_out]
    program = server.start(
        "pg_dump", "--format=custom", f"--file={dump}", f"--snapshot={snapshot}", *others
    )
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


def _literal(name: str) -> str:
    """As a pattern of pg_dump that is this name only."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
