"""A service is backed up while it answers, destroyed, restored, and is what it was."""

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from urllib.request import Request, urlopen

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from ops.backup.errors import CannotBackUp, CannotRestore
from ops.backup.manifest import read_manifest
from ops.backup.restoring import restore_backup
from ops.backup.taking import take_backup
from predictors.homes.ml.schema import HOME_FIELDS
from tests.conftest import copy_of
from tests.live import Live, manage, outside, start, wait_until
from tests.predictions.conftest import OwnDatabase

HOME: dict[str, Any] = {field.name: field.example for field in HOME_FIELDS}

TABLES = (
    "predictions_prediction",
    "modelregistry_modelversion",
    "modelregistry_activation",
    "outcomes_outcome",
    "outcomes_outcomerevision",
    "batches_batch",
    "auth_user",
)


Completed = subprocess.CompletedProcess[str]


def run(var: Path, *command: str) -> Completed:
    return subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=outside(var),
        capture_output=True,
        text=True,
        timeout=120,
    )


def rows_of(service: Live) -> dict[str, list[str]]:
    """Every row of the tables that a user would miss, as text."""
    with service.database() as database:
        database.execute("SET TIME ZONE 'UTC'")
        return {
            table: [row for (row,) in database.execute(f"SELECT t::text FROM {table} t ORDER BY 1")]
            for table in TABLES
        }


def files_of(service: Live) -> dict[str, bytes]:
    """Of versions and batches."""
    return {
        str(file.relative_to(service.var)): file.read_bytes()
        for folder in ("artifacts", "batches")
        for file in (service.var / folder).rglob("*")
        if file.is_file()
    }


def use(service: Live, folder: Path) -> None:
    """Predictions of two versions, one that was refused, an outcome, and a batch."""
    status, answer = service.post("/api/predict/", HOME)
    assert status == 200
    service.activate(service.another_version())
    assert service.post("/api/predict/", HOME | {"grade": 5})[0] == 200
    assert service.post("/api/predict/", b"{")[0] == 400
    sold = folder / "sold.csv"
    sold.write_text(f"id,actual,date\n{answer['id']},500000,{date.today()}\n")
    assert manage(service.var, "record_outcomes", str(sold)).returncode == 0
    cells = ",".join(str(value) for value in HOME.values())
    file = "\n".join([",".join(HOME), cells, cells]).encode()
    request = Request(f"{service.url}/api/batches/", file, {"Content-Type": "text/csv"})
    with urlopen(request) as response:
        batch = json.load(response)["id"]
    wait_until(lambda: service.get(f"/api/batches/{batch}/")[1]["state"] == "done", 60)


@dataclass
class Story:
    service: Live
    """Restored, and started again."""
    backup: Path
    rows: dict[str, list[str]]
    files: dict[str, bytes]
    answer: dict[str, Any]
    restored: Completed


@pytest.fixture(scope="module")
def story(started_before: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Backed up while it answers, ended, its state deleted, and restored from the backup."""
    folder = tmp_path_factory.mktemp("backup")
    service = start(copy_of(started_before, folder))
    try:
        use(service, folder)
        taken = run(service.var, "bin/backup", str(folder / "taken"))
        assert taken.returncode == 0, taken.stderr
        rows, files = rows_of(service), files_of(service)
        answer = service.post("/api/predict/", HOME)[1]
    finally:
        service.stop()
    shutil.rmtree(service.var)
    restored = run(service.var, "bin/restore", str(folder / "taken"))
    service = start(service.var)
    yield Story(service, folder / "taken", rows, files, answer, restored)
    service.stop()


def test_it_works(story: Story) -> None:
    """Log, versions, history, outcomes, batches, users: row by row; files: byte by byte."""
    assert story.restored.returncode == 0, story.restored.stderr
    assert "restored, and equal to the backup" in story.restored.stdout
    assert all(story.rows.values())
    assert rows_of(story.service) == story.rows
    assert {"artifacts", "batches"} == {name.split("/")[0] for name in story.files}
    assert files_of(story.service) == story.files


def test_what_was_answered_is_computed_again_to_the_last_bit(story: Story) -> None:
    replayed = manage(story.service.var, "replay_predictions")
    assert replayed.returncode == 0, replayed.stderr
    assert "equal in every bit: 4" in replayed.stdout
    assert "different: 0" in replayed.stdout


def test_the_restored_service_answers_as_before_and_goes_on_with_its_log(story: Story) -> None:
    status, answer = story.service.post("/api/predict/", HOME)
    assert status == 200
    assert answer["prediction"] == story.answer["prediction"]
    assert answer["model"] == story.answer["model"]
    with story.service.database() as database:
        found = database.execute(
            "SELECT prediction FROM predictions_prediction WHERE id = %s", [answer["id"]]
        ).fetchone()
        assert found == (answer["prediction"],)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            database.execute("DELETE FROM predictions_prediction")
    assert story.service.another_version() == 4


def test_traffic_is_counted_anew_where_it_was_restored(story: Story) -> None:
    """Numbers of transactions, by which rows are counted, mean nothing in another server."""

    def is_counted() -> bool:
        with story.service.database() as database:
            rows = database.execute(
                "SELECT (SELECT count(*) FROM predictions_prediction), "
                "(SELECT sum(count) FROM traffic_endpointtraffic WHERE grain = 1)"
            ).fetchone()
        return rows is not None and rows[0] == rows[1]

    wait_until(is_counted, 60)


def test_what_is_lost_is_named_and_keeps_nobody_from_backing_up_the_rest(
    story: Story, tmp_path: Path
) -> None:
    """The service has gone on since, and its files of versions are gone."""
    story.service.post("/api/predict/", HOME)
    (story.service.var / "artifacts").rename(story.service.var / "elsewhere")
    try:
        compared = run(story.service.var, "bin/restore", str(story.backup), "--compare")
        taken = run(story.service.var, "bin/backup", str(tmp_path / "taken"))
    finally:
        (story.service.var / "elsewhere").rename(story.service.var / "artifacts")
    assert compared.returncode == 1
    assert "table predictions_prediction_20" in compared.stdout
    assert "model.pkl: another one, or none" in compared.stdout
    assert "rows in the backup" in compared.stdout
    assert taken.returncode == 1
    assert "the backup is there, but" in taken.stderr
    manifest = read_manifest(tmp_path / "taken")
    assert any(name.endswith("/model.pkl") for name in manifest.lost)
    assert {file.storage for file in manifest.files} == {"batches"}
    assert manifest.contents.tables["modelregistry_modelversion"].rows > 0


def test_nothing_is_restored_over_a_service_that_runs(story: Story) -> None:
    refused = run(story.service.var, "bin/restore", str(story.backup), "--replace")
    assert refused.returncode == 1
    assert "stop the service first" in refused.stderr
    assert story.service.post("/api/predict/", HOME)[0] == 200


def test_nothing_is_written_where_a_backup_is(story: Story) -> None:
    with pytest.raises(CannotBackUp, match="is there already"):
        take_backup(folder=story.backup, with_batches=True, report=print)


def test_a_damaged_backup_changes_nothing(story: Story, empty: OwnDatabase, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(story.backup, damaged)
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


def test_what_a_database_holds_goes_only_when_told_and_only_for_what_is_equal(
    story: Story, empty: OwnDatabase, tmp_path: Path
) -> None:
    with empty.connect() as database:
        database.execute("CREATE TABLE mine AS SELECT 1 AS one")
    var = {"HOUSING_VAR": str(tmp_path / "var")}
    refused = empty.manage("restore_backup", str(story.backup), **var)
    assert refused.returncode == 1
    assert "--replace" in refused.stderr

    unlike = tmp_path / "unlike"
    shutil.copytree(story.backup, unlike)
    manifest = json.loads((unlike / "manifest.json").read_text())
    manifest["contents"]["tables"]["auth_user"]["rows"] += 1
    (unlike / "manifest.json").write_text(json.dumps(manifest))
    refused = empty.manage("restore_backup", str(unlike), "--replace", **var)
    assert refused.returncode == 1
    assert "auth_user: 2 rows in the backup, 1 here" in refused.stderr
    assert tables_of(empty) == ["mine"]

    done = empty.manage("restore_backup", str(story.backup), "--replace", "--jobs", "2", **var)
    assert done.returncode == 0, done.stderr
    assert "mine" not in tables_of(empty)
    assert "predictions_prediction" in tables_of(empty)


@pytest.fixture
def empty() -> Iterator[OwnDatabase]:
    """A database without tables, in the server of the tests."""
    outer, name = os.environ["DATABASE_URL"], f"empty_{secrets.token_hex(4)}"
    with psycopg.connect(outer, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield OwnDatabase(urlunsplit(urlsplit(outer)._replace(path=f"/{name}")))
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        server.execute(drop.format(sql.Identifier(name)))


def tables_of(database: OwnDatabase) -> list[str]:
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') ORDER BY 1"
        )
        return [name for (name,) in rows]
