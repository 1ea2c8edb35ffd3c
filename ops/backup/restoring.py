"""From a backup back to a service: files first, then the database, all of it or nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from ops.backup import files, room, server
from ops.backup.contents import contents_of, differences
from ops.backup.errors import CannotRestore
from ops.backup.manifest import DUMP, Manifest, digest_of, read_manifest

MISSING_ROLES = "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regrole(name) IS NULL"


def restore_backup(
    *, folder: Path, replace: bool, jobs: int, report: Callable[[str], None]
) -> Manifest:
    """Into the database and the storages of the settings. Raises CannotRestore.

    `replace`: what the database holds goes, once the restored has been found equal to the backup.
    `jobs`: more than one restore at a time, which is quicker.
    """
    manifest = read_manifest(folder)
    try:
        with server.connected() as connection:
            room.check_free(connection, replace=replace)
            report("checking the backup")
            _check_server(connection, manifest)
            _check_folder(folder, manifest)
            report(f"putting back {len(manifest.files):,} files")
            written = sum(files.copy_back(folder, file) for file in manifest.files)
            report(f"{written:,} were written, the others were there")
            with room.made(connection, replace=replace):
                report("restoring the database")
                _restore(folder, jobs)
                connection.execute("ANALYZE")
                report("comparing")
                found = compare(connection, manifest)
                if found:
                    raise CannotRestore("what was restored is not equal: " + "; ".join(found[:20]))
    except (OSError, psycopg.Error, server.NoProgram) as error:
        raise CannotRestore(" ".join(str(error).split())) from error
    return manifest


def end_interrupted(*, keep: bool) -> None:
    """After a restore that was killed: back to what was there before, or `keep` what is there now.

    Raises CannotRestore: it was not, others are connected, or there is nothing to keep.
    """
    try:
        with server.connected() as connection:
            (room.keep if keep else room.undo)(connection)
    except (OSError, psycopg.Error) as error:
        raise CannotRestore(" ".join(str(error).split())) from error


def check_not_interrupted() -> None:
    """Raises CannotRestore: it is for people to choose what the database should hold."""
    try:
        with server.connected() as connection:
            said = room.interrupted(connection)
    except (OSError, psycopg.Error) as error:
        raise CannotRestore(" ".join(str(error).split())) from error
    if said:
        raise CannotRestore(said)


def compare_backup(*, folder: Path) -> tuple[Manifest, list[str]]:
    """What differs between the backup and the service as it is now. Raises CannotRestore."""
    manifest = read_manifest(folder)
    try:
        with server.connected() as connection:
            return manifest, compare(connection, manifest)
    except (OSError, psycopg.Error) as error:
        raise CannotRestore(" ".join(str(error).split())) from error


def compare(connection: psycopg.Connection[Any], manifest: Manifest) -> list[str]:
    same_server = server.major_of(connection) == manifest.server
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        here = contents_of(connection)
    found = differences(manifest.contents, here, same_server=same_server)
    for file in manifest.files:
        if files.digest_in(file) != file.sha256:
            found.append(f"file {file.place}: another one, or none")
    return found


def _check_folder(folder: Path, manifest: Manifest) -> None:
    """Before anything is changed."""
    faults = list(files.faults_in(folder, manifest.files))
    if digest_of(folder / DUMP) != manifest.dump_sha256:
        faults.append(f"{DUMP} is not what was backed up")
    if faults:
        raise CannotRestore(f"{folder} is damaged: " + "; ".join(faults[:20]))


def _check_server(connection: psycopg.Connection[Any], manifest: Manifest) -> None:
    server.check_program("pg_restore", at_least=manifest.server)
    major = server.major_of(connection)
    if major < manifest.server:
        raise CannotRestore(
            f"the backup is of PostgreSQL {manifest.server}, this server is {major}: a dump goes "
            "to the same or a newer version"
        )
    missing = [name for (name,) in connection.execute(MISSING_ROLES, [manifest.roles]).fetchall()]
    if missing:
        raise CannotRestore(
            f"roles that have rights in it are missing here: {', '.join(missing)}; make them first "
            "(CREATE ROLE)"
        )


def _restore(folder: Path, jobs: int) -> None:
    # Whose it was is nobody here perhaps: it belongs to who restores it.
    how = ["--single-transaction"] if jobs == 1 else [f"--jobs={jobs}"]
    program = server.start(
        "pg_restore",
        "--no-owner",
        "--exit-on-error",
        *how,
        f"--dbname={server.parameters()['dbname']}",
        str(folder / DUMP),
    )
    try:
        fault = server.fault_of(program)
    finally:
        if program.poll() is None:
            program.kill()
            program.communicate()
    if fault:
        raise CannotRestore(f"pg_restore failed: {fault}")
