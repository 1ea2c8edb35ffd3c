"""A third predictor: the folder `toy`, and one line in the settings.

The service runs with it as its operators run it: commands, gunicorn, SQL. Nothing else was changed.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from modelregistry.models import ModelVersion
from tests.live import Live, free_port, wait_until
from tests.predictions.conftest import OwnDatabase, copied_database

HERE = Path(__file__).parent
ADDRESS = "/api/toy/predict/"
BOX = {"length": 80, "boards": 12}
SWITCH = "UPDATE modelregistry_modelversion SET is_active = (version = 2) WHERE predictor = 'toy'"
CHECKS = ("test_description.py", "test_asking.py", "test_life.py")

# Without a test that asks for it, there would be no database to copy.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[OwnDatabase]:
    with copied_database(django_db_blocker) as found:
        yield found


def environment(database: OwnDatabase) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": "tests.contract.toy_settings",
        "ARTIFACTS": str(settings.VAR / "artifacts"),
    }


def run(database: OwnDatabase, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environment(database),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def trained(database: OwnDatabase) -> OwnDatabase:
    assert "toy 1 (linear)" in run(database, "manage.py", "train_model", "toy", "--activate")
    return database


@pytest.fixture(scope="module")
def service(trained: OwnDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """gunicorn, as the Procfile has it."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"),
            *("--workers", "1", "--bind", f"127.0.0.1:{port}", "housing_api.wsgi"),
        ],
        cwd=settings.BASE_DIR,
        env=environment(trained),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    live = Live(tmp_path_factory.mktemp("toy"), port, process)
    wait_until(lambda: process.poll() is None and listens(live), 60)
    yield live
    process.terminate()
    process.communicate(timeout=30)


def listens(live: Live) -> bool:
    try:
        return live.get("/readyz")[0] == 200
    except ConnectionError:
        return False


def test_it_works(service: Live, trained: OwnDatabase) -> None:
    """Served, logged, switched, replayed."""
    status, answer = service.post(ADDRESS, BOX)
    assert status == 200, answer
    assert answer["prediction"] == pytest.approx(20 * 80 + 300 * 12, rel=0.01)
    status, refusal = service.post(ADDRESS, BOX | {"boards": 1.5})
    assert (status, refusal["errors"][0]["field"]) == (422, "boards")
    with trained.connect() as connection:
        logged = "SELECT id::text, status FROM predictions_prediction WHERE predictor = 'toy'"
        assert connection.execute(f"{logged} ORDER BY id").fetchall() == [
            (answer["id"], 200),
            (refusal["id"], 422),
        ]
        add_version(connection)
        connection.execute(SWITCH)
    wait_until(lambda: service.post(ADDRESS, BOX)[1]["model"]["version"] == 2)
    replayed = run(trained, "manage.py", "replay_predictions", "--predictor", "toy")
    asked = int(re.findall("computed again on the versions that answered: ([0-9]+)", replayed)[0])
    assert asked >= 2
    assert f"equal in every bit: {asked}" in replayed and "not computed" not in replayed
    assert "(status 422): 1" in replayed


def add_version(connection: psycopg.Connection[Any]) -> None:
    """The same model under another number."""
    same = [
        str(field.column)
        for field in ModelVersion._meta.fields
        if field.column not in ("id", "version", "is_active")
    ]
    connection.execute(
        f"INSERT INTO modelregistry_modelversion (version, {', '.join(same)}) "
        f"SELECT 2, {', '.join(same)} FROM modelregistry_modelversion WHERE predictor = 'toy'"
    )


def test_it_passes_the_contract(trained: OwnDatabase) -> None:
    """The very checks that the other predictors pass, in a process that has all three."""
    files = [str(HERE / name) for name in CHECKS]
    said = run(trained, "-m", "pytest", "-q", "--reuse-db", "-k", "toy", *files)
    found = re.search(r"(\d+) passed", said)
    assert found and int(found[1]) >= 40 and "skipped" not in said, said
