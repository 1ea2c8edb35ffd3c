"""Restoring into databases as they are: empty, in use, shared with others, left by a killed one."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from ops.backup.errors import CannotBackUp, CannotRestore
from ops.backup.manifest import read_manifest
from ops.backup.restoring import restore_backup
from ops.backup.taking import take_backup
from tests.live import wait_until
from tests.predictions.conftest import OwnDatabase, copied_database


@contextmanager
def made_database(*, like: str = "template1") -> Iterator[OwnDatabase]:
    """In the server of the tests; empty, or a copy of another that nobody uses."""
    outer, name = os.environ["DATABASE_URL"], f"made_{secrets.token_hex(4)}"
    with psycopg.connect(outer, autocommit=True) as server:
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        server.execute(copy.format(sql.Identifier(name), sql.Identifier(like)))
        yield OwnDatabase(urlunsplit(urlsplit(outer)._replace(path=f"/{name}")))
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        server.execute(drop.format(sql.Identifier(name)))


@pytest.fixture
def empty() -> Iterator[OwnDatabase]:
    with made_database() as database:
        yield database


@pytest.fixture(scope="module")
def source(django_db_setup: None, django_db_blocker: Any) -> Iterator[OwnDatabase]:
    """With a model and data, and two schemas of somebody else."""
    with copied_database(django_db_blocker) as database:
        with database.connect() as connection:
            for schema in ("analytics", 'of "Ann"*'):
                name = sql.Identifier(schema)
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
                connection.execute(sql.SQL("CREATE TABLE {}.month (sold int)").format(name))
        yield database


@pytest.fixture(scope="module")
def backup(source: OwnDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backup") / "taken"
    done = source.manage("back_up", str(folder))
    assert done.returncode == 0, done.stderr
    assert 'other schemas: analytics, of "Ann"*' in done.stdout
    return folder


def tables_of(database: OwnDatabase) -> list[str]:
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') ORDER BY 1"
        )
        return [name for (name,) in rows]


def schemas_of(database: OwnDatabase) -> list[str]:
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_)' ORDER BY 1"
        )
        return [name for (name,) in rows]


def is_quiet(database: OwnDatabase) -> bool:
    """Nobody is connected."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as server:
        name = urlsplit(database.url).path[1:]
        asked = "SELECT FROM pg_stat_activity WHERE datname = %s"
        return server.execute(asked, [name]).rowcount == 0


def test_it_works(backup: Path, empty: OwnDatabase) -> None:
    """Into an empty database; of schemas that are not the service's the backup has the names."""
    done = empty.manage("restore_backup", str(backup))
    assert done.returncode == 0, done.stderr
    assert "restored, and equal to the backup" in done.stdout
    assert "predictions_prediction" in tables_of(empty)
    assert schemas_of(empty) == ["public"]
    assert read_manifest(backup).left_out == ["analytics", 'of "Ann"*']


def test_what_could_not_be_restored_is_not_backed_up(source: OwnDatabase, tmp_path: Path) -> None:
    with source.connect() as connection:
        connection.execute("CREATE VIEW sold AS SELECT sold FROM analytics.month")
        refused = source.manage("back_up", str(tmp_path / "taken"))
        connection.execute("DROP VIEW sold")
    assert refused.returncode == 1
    assert "on view sold needs table analytics.month" in refused.stderr


def test_nothing_is_written_where_a_backup_is(backup: Path) -> None:
    with pytest.raises(CannotBackUp, match="is there already"):
        take_backup(folder=backup, with_batches=True, report=print)


def test_a_damaged_backup_changes_nothing(backup: Path, empty: OwnDatabase, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(backup, damaged)
    dump = damaged / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-1])
    next(damaged.rglob("model.pkl")).unlink()
    refused = empty.manage("restore_backup", str(damaged), HOUSING_VAR=str(tmp_path / "var"))
    assert refused.returncode == 1
    assert "database.dump is not what was backed up" in refused.stderr
    assert "model.pkl: No such file" in refused.stderr
    assert tables_of(empty) == []
    assert not (tmp_path / "var").exists()


def test_a_folder_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    for content in ("", "{}", '{"format": 99}', "[]"):
        (tmp_path / "manifest.json").write_text(content)
        with pytest.raises(CannotRestore, match=r"no whole backup|form 99"):
            restore_backup(folder=tmp_path, replace=False, jobs=1, report=print)


@pytest.fixture(scope="module")
def unlike(backup: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of which the manifest says something else than the dump."""
    folder = tmp_path_factory.mktemp("backup") / "unlike"
    shutil.copytree(backup, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["contents"]["tables"]["auth_group"]["rows"] += 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_what_a_database_holds_goes_only_when_told_and_only_for_what_is_equal(
    backup: Path, unlike: Path, empty: OwnDatabase
) -> None:
    with empty.connect() as database:
        database.execute("CREATE TABLE mine AS SELECT 1 AS one")
        database.execute("CREATE SCHEMA analytics")
    refused = empty.manage("restore_backup", str(backup))
    assert refused.returncode == 1
    assert "--replace" in refused.stderr

    refused = empty.manage("restore_backup", str(unlike), "--replace")
    assert refused.returncode == 1
    assert "auth_group: 1 rows in the backup, 0 here" in refused.stderr
    assert tables_of(empty) == ["mine"]

    with empty.connect() as database:
        database.execute("CREATE VIEW analytics.ours AS SELECT one FROM mine")
    refused = empty.manage("restore_backup", str(backup), "--replace")
    assert refused.returncode == 1
    assert "on view analytics.ours needs table mine" in refused.stderr

    with empty.connect() as database:
        database.execute("DROP VIEW analytics.ours")
    done = empty.manage("restore_backup", str(backup), "--replace", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert "mine" not in tables_of(empty)
    assert "predictions_prediction" in tables_of(empty)
    assert schemas_of(empty) == ["analytics", "public"]


def begin_to_restore(database: OwnDatabase, *arguments: str) -> "subprocess.Popen[str]":
    """What the database holds is set aside."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "restore_backup", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database.url},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert any(line == "restoring the database\n" for line in process.stderr)
    return process


def test_what_somebody_works_with_is_not_dropped_when_a_restore_fails(
    unlike: Path, empty: OwnDatabase
) -> None:
    process = begin_to_restore(empty, str(unlike))
    with empty.connect(application_name="the service"):
        _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "auth_group: 1 rows in the backup, 0 here" in said
    assert "others have connected meanwhile (the service)" in said
    assert "`restore_backup --undo`" in said
    assert schemas_of(empty) == ["before_restore", "public"]
    assert "predictions_prediction" in tables_of(empty)


@pytest.fixture(scope="module")
def killed(backup: Path) -> Iterator[OwnDatabase]:
    """`restore_backup --replace` was killed in it when pg_restore had ended.

    A lock on what it has set aside keeps it from its end. Then somebody has gone on with what was
    restored.
    """
    with made_database() as database:
        with database.connect() as connection:
            connection.execute("CREATE TABLE mine AS SELECT 1 AS one")
        process = begin_to_restore(database, str(backup), "--replace")
        with database.connect() as connection, connection.transaction():
            connection.execute("LOCK TABLE before_restore.mine")
            waits = (
                "SELECT FROM pg_locks WHERE relation = 'before_restore.mine'::regclass "
                "AND NOT granted AND to_regclass('public.auth_group') IS NOT NULL"
            )
            wait_until(lambda: connection.execute(waits).rowcount == 1, 60)
            process.kill()
            process.communicate()
        wait_until(lambda: is_quiet(database))
        with database.connect() as connection:
            connection.execute("INSERT INTO auth_group (name) VALUES ('a week of work')")
        wait_until(lambda: is_quiet(database))
        yield database


@pytest.fixture
def interrupted(killed: OwnDatabase) -> Iterator[OwnDatabase]:
    with made_database(like=urlsplit(killed.url).path[1:]) as database:
        yield database


def work_in(database: OwnDatabase) -> list[tuple[str]]:
    with database.connect() as connection:
        return connection.execute("SELECT name FROM auth_group").fetchall()


def test_after_an_interrupted_restore_nothing_is_dropped_without_being_told(
    backup: Path, interrupted: OwnDatabase, tmp_path: Path
) -> None:
    for command in (
        ("restore_backup", str(backup)),
        ("back_up", str(tmp_path / "taken")),
        ("prepare",),
    ):
        refused = interrupted.manage(*command)
        assert refused.returncode == 1
        assert "`restore_backup --undo`" in refused.stderr
        assert "`restore_backup --keep`" in refused.stderr
    assert work_in(interrupted) == [("a week of work",)]
    assert schemas_of(interrupted) == ["before_restore", "public"]


def test_an_interrupted_restore_is_undone_when_nobody_works_with_it(
    interrupted: OwnDatabase,
) -> None:
    with interrupted.connect(application_name="the service"):
        refused = interrupted.manage("restore_backup", "--undo")
    assert refused.returncode == 1
    assert "others are connected (the service)" in refused.stderr
    assert work_in(interrupted) == [("a week of work",)]
    wait_until(lambda: is_quiet(interrupted))
    done = interrupted.manage("restore_backup", "--undo")
    assert done.returncode == 0, done.stderr
    assert tables_of(interrupted) == ["mine"]
    assert schemas_of(interrupted) == ["public"]


def test_what_was_done_since_an_interrupted_restore_is_kept(interrupted: OwnDatabase) -> None:
    done = interrupted.manage("restore_backup", "--keep")
    assert done.returncode == 0, done.stderr
    assert work_in(interrupted) == [("a week of work",)]
    assert schemas_of(interrupted) == ["public"]
    refused = interrupted.manage("restore_backup", "--undo")
    assert refused.returncode == 1
    assert "nothing to choose" in refused.stderr
