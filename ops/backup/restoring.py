"""From a backup back to a service: files first, then the database, all of it or nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from ops.backup import files, server
from ops.backup.contents import contents_of, differences
from ops.backup.errors import CannotRestore
from ops.backup.manifest import DUMP, Manifest, digest_of, read_manifest

IS_EMPTY = """
SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace)
   AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
"""
OTHERS = """
SELECT DISTINCT coalesce(nullif(application_name, ''), usename, 'somebody') FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND usename IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend' ORDER BY 1
"""
MISSING_ROLES = "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regrole(name) IS NULL"
# What was there stays beside it until what was restored has been compared.
MAKE_ROOM = (
    "ALTER SCHEMA public RENAME TO before_restore",
    "CREATE SCHEMA public",
    "ALTER SCHEMA public OWNER TO pg_database_owner",
    "GRANT USAGE ON SCHEMA public TO PUBLIC",
)
PUT_BACK = ("DROP SCHEMA public CASCADE", "ALTER SCHEMA before_restore RENAME TO public")


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
            report("checking the backup")
            _check_folder(folder, manifest)
            _check_server(connection, manifest)
            _undo_interrupted(connection, report)
            is_empty = _check_database(connection, replace=replace)
            report(f"putting back {len(manifest.files):,} files")
            written = sum(files.copy_back(folder, file) for file in manifest.files)
            report(f"{written:,} were written, the others were there")
            report("restoring the database")
            with _room(connection, is_empty=is_empty):
                _restore(folder, jobs)
                connection.execute("ANALYZE")
                report("comparing")
                found = compare(connection, manifest)
                if found:
                    raise CannotRestore("what was restored is not equal: " + "; ".join(found[:20]))
    except (OSError, psycopg.Error, server.NoProgram) as error:
        raise CannotRestore(" ".join(str(error).split())) from error
    return manifest


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


def _check_database(connection: psycopg.Connection[Any], *, replace: bool) -> bool:
    """Whether it is empty."""
    others = [name for (name,) in connection.execute(OTHERS).fetchall()]
    if others:
        raise CannotRestore(f"others are connected ({', '.join(others)}): stop the service first")
    (is_empty,) = connection.execute(IS_EMPTY).fetchone() or (False,)
    if not is_empty and not replace:
        raise CannotRestore("the database is not empty; --replace restores in place of what it has")
    return bool(is_empty)


def _undo_interrupted(connection: psycopg.Connection[Any], report: Callable[[str], None]) -> None:
    """A restore that was killed: what was there before it is the service's own still."""
    if connection.execute("SELECT to_regnamespace('before_restore')").fetchone() != (None,):
        report("a restore was interrupted: putting back what was there before it")
        _run(connection, PUT_BACK)


@contextmanager
def _room(connection: psycopg.Connection[Any], *, is_empty: bool) -> Iterator[None]:
    """An empty schema; if that fails what becomes of it, what was before is put back."""
    if is_empty:
        yield  # and one transaction fills it, or does not
        return
    _run(connection, MAKE_ROOM)
    try:
        yield
    except BaseException:
        _run(connection, PUT_BACK)
        raise
    connection.execute("DROP SCHEMA before_restore CASCADE")


def _run(connection: psycopg.Connection[Any], steps: Sequence[LiteralString]) -> None:
    with connection.transaction():
        for step in steps:
            connection.execute(step)


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
