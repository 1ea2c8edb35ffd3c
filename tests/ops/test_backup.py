"""A service is backed up while it answers, destroyed, restored, and is what it was."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg
import pytest
from django.conf import settings

from benchmarks.asking import Askers
from ops.backup.manifest import read_manifest
from tests.conftest import copy_of
from tests.live import Live, manage, outside, start, wait_until

from .backing import HOME, PIECE, ROWS, Taken, back_up, is_done, send_batch

LOG = "predictions_prediction"
TABLES = (
    LOG,
    "modelregistry_modelversion",
    "modelregistry_activation",
    "outcomes_outcome",
    "outcomes_outcomerevision",
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


def rows_of(service: Live) -> dict[str, set[str]]:
    """Every row of the tables that a user would miss, as text."""
    with service.database() as database:
        database.execute("SET TIME ZONE 'UTC'")
        return {
            table: {row for (row,) in database.execute(f"SELECT t::text FROM {table} t")}
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
    batch = send_batch(service, rows=2)
    wait_until(lambda: is_done(service, batch), 60)


@dataclass
class Story:
    service: Live
    """Restored, and started again."""
    backup: Path
    taken: Taken
    before: dict[str, set[str]]
    """Rows, when the backup was begun."""
    after: dict[str, set[str]]
    rows: dict[str, set[str]]
    """Restored."""
    files: dict[str, bytes]
    answer: dict[str, Any]
    restored: Completed


@pytest.fixture(scope="module")
def story(started_before: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Backed up while it answers, ended, its state deleted, and restored from the backup."""
    folder = tmp_path_factory.mktemp("backup")
    service = start(copy_of(started_before, folder), HOUSING_BATCH_CHUNK=str(PIECE))
    try:
        use(service, folder)
        before, files = rows_of(service), files_of(service)
        address = f"127.0.0.1:{service.port}"
        with Askers([address], HOME, connections=2, every=0.02) as askers:
            askers.wait_for(10)
            taken = back_up(service, folder / "taken", askers)
        assert askers.of_status(200) == askers.replies
        after = rows_of(service)
        answer = service.post("/api/predict/", HOME)[1]
    finally:
        service.stop()
    shutil.rmtree(service.var)
    restored = run(service.var, "bin/restore", str(folder / "taken"))
    service = start(service.var)
    rows = rows_of(service)
    yield Story(service, folder / "taken", taken, before, after, rows, files, answer, restored)
    service.stop()


def test_it_works(story: Story) -> None:
    """Log, versions, history, outcomes, users: row by row; files: byte by byte."""
    assert story.restored.returncode == 0, story.restored.stderr
    assert "restored, and equal to the backup" in story.restored.stdout
    assert all(story.before.values())
    for table in TABLES:
        assert story.before[table] <= story.rows[table] <= story.after[table]
        assert table == LOG or story.before[table] == story.after[table]
    assert {"artifacts", "batches"} == {name.split("/")[0] for name in story.files}
    assert files_of(story.service).items() >= story.files.items()


def test_backed_up_under_load_it_is_of_one_moment(story: Story) -> None:
    """Rows were written while the log was dumped and counted: dump and manifest have the same."""
    assert story.taken.code == 0, story.taken.said
    assert story.taken.answered > 10
    there = {len(rows[LOG]) for rows in (story.before, story.rows, story.after)}
    assert len(there) == 3
    tables = read_manifest(story.backup).contents.tables
    months = [table.rows for name, table in tables.items() if name.startswith(f"{LOG}_20")]
    assert sum(months) == len(story.rows[LOG])


def test_batches_that_end_while_they_are_backed_up_have_their_results(story: Story) -> None:
    """One ended after the moment was chosen, its pieces were gone; the other did not."""
    assert "taking another moment" in story.taken.said
    assert read_manifest(story.backup).lost == []
    for batch in (story.taken.ended, story.taken.unfinished):
        wait_until(lambda batch=batch: is_done(story.service, batch), 60)  # type: ignore[misc]
        with urlopen(f"{story.service.url}/api/batches/{batch}/results/") as response:
            assert len(response.read().splitlines()) == 1 + ROWS


def test_what_was_answered_is_computed_again_to_the_last_bit(story: Story) -> None:
    replayed = manage(story.service.var, "replay_predictions")
    assert replayed.returncode == 0, replayed.stderr
    equal = re.search("equal in every bit: ([0-9,]+)", replayed.stdout)
    assert equal
    assert int(equal[1].replace(",", "")) > 2 * ROWS
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
