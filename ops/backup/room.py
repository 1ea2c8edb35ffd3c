"""Room for what is restored: what a database holds is set aside until that has been compared.

While the schema `before_restore` is there, a restore goes on, or was interrupted. Then both may be
the right one: what was set aside, or, if the service went on with what was restored, that. Only
who runs it knows, so nothing is dropped without being told.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg

from ops.backup import server
from ops.backup.errors import CannotRestore
from ops.backup.schemas import needing_public

IS_EMPTY = """
SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace)
   AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
"""
OTHERS = """
SELECT DISTINCT coalesce(nullif(application_name, ''), usename, 'somebody') FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND usename IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
AND (%(besides)s = '' OR application_name IS DISTINCT FROM %(besides)s) ORDER BY 1
"""
IS_ASIDE = "SELECT to_regnamespace('before_restore') IS NOT NULL"
HOLDS = """
SELECT count(*), pg_size_pretty(coalesce(sum(pg_total_relation_size(oid)), 0))
FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace(%s)
"""
SET_ASIDE = (
    "ALTER SCHEMA public RENAME TO before_restore",
    "CREATE SCHEMA public",
    "ALTER SCHEMA public OWNER TO pg_database_owner",
    "GRANT USAGE ON SCHEMA public TO PUBLIC",
)
PUT_BACK = ("DROP SCHEMA public CASCADE", "ALTER SCHEMA before_restore RENAME TO public")
FORGET = ("DROP SCHEMA before_restore CASCADE",)
CHOICES = (
    "stop the service, and choose: `restore_backup --undo` (bin/restore --undo) goes back to what "
    "was there before and drops what is there now; `restore_backup --keep` keeps what is there now "
    "and drops what was there before"
)


def check_free(connection: psycopg.Connection[Any], *, replace: bool) -> None:
    """Nobody uses it, and nothing is lost but what may be. Raises CannotRestore."""
    _check_alone(connection)
    if said := interrupted(connection):
        raise CannotRestore(said)
    if not replace and not _is_empty(connection):
        raise CannotRestore("the database is not empty; --replace restores in place of what it has")
    if hanging := needing_public(connection):
        raise CannotRestore(
            "what is in other schemas would be dropped with what it needs; drop it first, and make "
            f"it again afterwards: {'; '.join(hanging[:10])}"
        )


@contextmanager
def made(connection: psycopg.Connection[Any], *, replace: bool) -> Iterator[None]:
    """An empty schema; if anything fails, what was there before is put back."""
    check_free(connection, replace=replace)
    _run(connection, SET_ASIDE)
    try:
        yield
    except BaseException as error:
        _put_back(connection, error)
        raise
    _run(connection, FORGET)


def interrupted(connection: psycopg.Connection[Any]) -> str:
    """What there is to choose from after a restore that did not end; empty if there is none."""
    if not _is_aside(connection):
        return ""
    now, before = (_held(connection, schema) for schema in ("public", "before_restore"))
    return (
        "a restore has not come to its end: the database holds what that has put there, and what "
        f"came since (schema public, {now}), and what was there before (schema before_restore, "
        f"{before}). If none is going on: {CHOICES}"
    )


def undo(connection: psycopg.Connection[Any]) -> None:
    """Back to what was there before the restore that was interrupted. Raises CannotRestore."""
    _check_interrupted(connection)
    _run(connection, PUT_BACK)


def keep(connection: psycopg.Connection[Any]) -> None:
    """What is there now stays, what was set aside goes. Raises CannotRestore."""
    _check_interrupted(connection)
    if _is_empty(connection):
        raise CannotRestore("there is nothing to keep: nothing had been restored; use --undo")
    _run(connection, FORGET)


def _check_interrupted(connection: psycopg.Connection[Any]) -> None:
    _check_alone(connection)
    if not _is_aside(connection):
        raise CannotRestore("no restore was interrupted: there is nothing to choose")


def _check_alone(connection: psycopg.Connection[Any]) -> None:
    if others := _others(connection):
        raise CannotRestore(f"others are connected ({', '.join(others)}): stop the service first")


def _put_back(connection: psycopg.Connection[Any], error: BaseException) -> None:
    """Unless somebody has begun to work with what was restored. Raises CannotRestore."""
    try:
        # A pg_restore of ours that was killed is connected for another moment.
        if others := _others(connection, besides=server.NAME):
            raise CannotRestore(f"others have connected meanwhile ({', '.join(others)})")
        _run(connection, PUT_BACK)
    except (CannotRestore, psycopg.Error) as failed:
        why = str(error) or type(error).__name__
        raise CannotRestore(
            f"{why}; what was there before is not put back, for {failed}: it is in the schema "
            f"before_restore; {CHOICES}"
        ) from error


def _others(connection: psycopg.Connection[Any], *, besides: str = "") -> list[str]:
    """Who else is connected; `besides`: those of this name do not count."""
    rows = connection.execute(OTHERS, {"besides": besides}).fetchall()
    return [name for (name,) in rows]


def _is_aside(connection: psycopg.Connection[Any]) -> bool:
    return connection.execute(IS_ASIDE).fetchone() == (True,)


def _is_empty(connection: psycopg.Connection[Any]) -> bool:
    return connection.execute(IS_EMPTY).fetchone() == (True,)


def _held(connection: psycopg.Connection[Any], schema: str) -> str:
    tables, size = connection.execute(HOLDS, [schema]).fetchone() or (0, "")
    return f"{tables:,} tables, {size}"


def _run(connection: psycopg.Connection[Any], steps: Sequence[LiteralString]) -> None:
    with connection.transaction():
        for step in steps:
            connection.execute(step)
