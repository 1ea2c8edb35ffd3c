import csv
import io
import os
import secrets
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from predictions.batches.assembling import assemble_batch
from predictions.batches.models import Batch
from predictions.batches.scoring import Outcome, score_next
from predictions.batches.splitting import split_batch
from tests.conftest import SAMPLE
from tests.predictions.conftest import OwnDatabase

PATH = "/api/batches/"
CSV = "text/csv"
Table = list[dict[str, str]]


@pytest.fixture(scope="session")
def homes() -> Table:
    """Sales of the sample as the cells of a file, with columns that are no facts."""
    with (SAMPLE / "kc_house_data.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def as_csv(rows: Sequence[dict[str, str]], separator: str = ",", **dialect: Any) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=separator, **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read_csv(content: bytes, separator: str = ",") -> Table:
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), delimiter=separator))


def work_off(batch: Batch) -> None:
    """What workers do, one after the other."""
    split_batch(batch, tell=False)
    batch.refresh_from_db()
    while score_next(batch) is Outcome.MORE:
        pass
    assemble_batch(batch)
    batch.refresh_from_db()


class Asking:
    """A client that sends files."""

    def __init__(self, api: Client) -> None:
        self._api = api

    def send(self, content: bytes, kind: str = CSV, query: str = "", **more: Any) -> Any:
        # Django's client sends no type of an empty body unless it is told so.
        return self._api.post(PATH + query, content, kind, CONTENT_TYPE=kind, **more)

    def accepted(self, content: bytes, kind: str = CSV, query: str = "") -> Batch:
        response = self.send(content, kind, query)
        assert response.status_code == 202, response.content
        assert response["Location"] == f"{PATH}{response.json()['id']}/"
        return Batch.objects.get(pk=response.json()["id"])

    def scored(self, content: bytes, kind: str = CSV, query: str = "") -> Batch:
        batch = self.accepted(content, kind, query)
        work_off(batch)
        assert batch.state == Batch.State.DONE, batch.error
        return batch

    def document(self, batch: Batch) -> dict[str, Any]:
        found: dict[str, Any] = self._api.get(f"{PATH}{batch.pk}/").json()
        return found

    def results(self, batch: Batch, kind: str = "csv") -> bytes:
        response: Any = self._api.get(f"{PATH}{batch.pk}/results/?format={kind}")
        assert response.status_code == 200, response.content
        return bytes(response.getvalue())


@pytest.fixture
def asking(api: Client) -> Asking:
    return Asking(api)


@pytest.fixture
def small_chunks(settings: Any) -> None:
    settings.BATCH_CHUNK_ROWS = 7


@pytest.fixture
def committed(own_database: OwnDatabase, django_db_blocker: Any) -> Iterator[Asking]:
    """This process works in the database that workers of the test share."""
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = own_database.parameters["dbname"]
        try:
            yield Asking(Client())
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before


Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(own_database: OwnDatabase) -> Iterator[Start]:
    """A worker as an operator starts it, with its beat; two processes that score."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "--app", "housing_api.celery", "worker"]
        options = (
            f"--queues default,batches --concurrency 2 --beat --hostname {secrets.token_hex(4)}@%h"
        )
        process = subprocess.Popen(
            [*command, *options.split(), "--loglevel", "WARNING"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": own_database.url},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """-9, the worker and the processes that score for it."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)


def stored_files(identity: uuid.UUID) -> list[str]:
    folder = Path(settings.VAR) / "batches" / str(identity)
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
