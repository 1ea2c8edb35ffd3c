"""Real workers on a database of their own, and what tests ask of them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from django.conf import settings
from psycopg.rows import dict_row

from tests.live import command_line, wait_until
from tests.predictions.conftest import OwnDatabase
from tests.predictions.versions.conftest import quick_passwords  # noqa: F401

# Not the one that the processes of other tests send to.
NUMBER = 7
# A run takes what others leave of the processor: seconds, on a busy machine minutes.
SECONDS = 300.0


class Workers:
    """As docker-compose.yml starts them: one for the queue `training`, one for the rest, a beat."""

    def __init__(self, database: OwnDatabase, logs: Path) -> None:
        self.database = database
        self._logs = logs
        self._broker = os.environ["REDIS_URL"]
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Those that are not there."""
        self._start("training", "--queues", "training")
        self._start("worker", "--queues", "default", "--beat")

    def _start(self, name: str, *arguments: str) -> None:
        if name in self._running:
            return
        command = [sys.executable, "-m", "celery", "--app", "housing_api.celery", "worker"]
        with (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [*command, *arguments, "--hostname", f"{name}@%h", "--concurrency", "1"],
                cwd=settings.BASE_DIR,
                env={**os.environ, "DATABASE_URL": self.database.url, "REDIS_URL": self._address},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def _address(self) -> str:
        # kombu's way to say it for a socket, and for TCP.
        is_socket = self._broker.startswith("unix://")
        return f"{self._broker}?virtual_host={NUMBER}" if is_socket else f"{self._broker}/{NUMBER}"

    def forget_messages(self) -> None:
        """As if Redis had lost everything."""
        with redis.Redis.from_url(self._broker, db=NUMBER) as client:
            client.flushdb()

    def kill(self, victim: str) -> None:
        """SIGKILL the `worker`, its `pool` process or the `trainer`, of the queue `training`."""
        self._process(victim).kill()
        if victim == "worker":
            self._running.pop("training").wait()

    def hold(self) -> None:
        """The trainer gets no further, however quick the machine is."""
        self._process("trainer").suspend()

    def _process(self, name: str) -> psutil.Process:
        worker = psutil.Process(self._running["training"].pid)
        family = worker.children(recursive=True)
        trainers = [one for one in family if "run_training" in command_line(one)]
        pool = [one for one in worker.children() if one not in trainers]
        return {"worker": [worker], "pool": pool, "trainer": trainers}[name][0]

    def stop(self, *names: str) -> None:
        for name in names or tuple(self._running):
            process = self._running.pop(name)
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def retrain(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.database.manage("retrain", "homes", *arguments, REDIS_URL=self._address)

    def runs(self) -> list[dict[str, Any]]:
        """Oldest first."""
        with self.database.connect(row_factory=dict_row) as connection:
            query = "SELECT * FROM training_trainingrun ORDER BY id"
            return list(connection.execute(query).fetchall())

    def last(self) -> dict[str, Any]:
        return self.runs()[-1]

    def wait_for(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Of the last run; what it was when it held."""
        found: dict[str, Any] = {}

        def holds() -> bool:
            found.update(self.last())
            return condition(found)

        try:
            wait_until(holds, SECONDS)
        except AssertionError:
            logs = "\n".join(log.read_text()[-3000:] for log in self._logs.glob("*.log"))
            raise AssertionError(f"{found}\n{logs}") from None
        return found

    def versions(self) -> list[int]:
        with self.database.connect() as connection:
            query = "SELECT version FROM modelregistry_modelversion ORDER BY version"
            return [version for (version,) in connection.execute(query)]


@pytest.fixture(scope="module")
def all_workers(
    own_database: OwnDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workers]:
    workers = Workers(own_database, tmp_path_factory.mktemp("workers"))
    workers.forget_messages()
    yield workers
    workers.stop()


@pytest.fixture
def workers(all_workers: Workers) -> Workers:
    all_workers.start()
    return all_workers


def is_at_work(run: dict[str, Any]) -> bool:
    """It trains, and has said so."""
    return run["state"] == "running" and "trees" in run["stage"]


def has_ended(run: dict[str, Any]) -> bool:
    return run["finished_at"] is not None
