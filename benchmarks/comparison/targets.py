"""The servers that the product is compared with: two processes each, see peers/ for their code."""

import json
import os
import secrets
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from benchmarks.comparison.case import Case
from benchmarks.comparison.environments import installed, python_with
from benchmarks.comparison.load import CannotMeasure
from benchmarks.comparison.process import Process
from benchmarks.comparison.product import ROOT

PEERS = Path(__file__).resolve().parent.parent / "peers"
GUNICORN = str(PEERS / "gunicorn.conf.py")
START_SECONDS = 120
PROCESSES = "2"
# What most people give gunicorn; with 1, 2, 8 or 16 the plain service answered fewer.
DRF_THREADS = "4"


class Target(ABC):
    """One server: `start` returns once it gave the product's answer."""

    name: str
    path = "/api/predict/"

    def __init__(self, case: Case, port: int, environment: dict[str, str]) -> None:
        self.case = case
        self.address = f"127.0.0.1:{port}"
        self.port = str(port)
        self.folder = PEERS / self.name
        self.environment = environment | {
            "PEER_MODEL": str(case.model_file),
            "PEER_FEATURES": str(case.features_file),
            "PEER_DEMOGRAPHICS": str(case.demographics_file),
            "PEER_DATABASE_URL": case.database_url,
            "PEER_SECRET_KEY": secrets.token_urlsafe(50),
        }
        self._process: Process | None = None

    def start(self) -> tuple[str, bytes]:
        url, body = f"http://{self.address}{self.path}", self.body()
        self._process = Process(
            self.name,
            self.command(),
            log=self.case.work / f"{self.name}.log",
            env=self.environment,
            cwd=self.folder,
        )
        answer = self._process.first_answer(url, body, seconds=START_SECONDS)
        if not self.is_right(answer):
            raise CannotMeasure(f"{self.name} answers {answer}, ours {self.case.estimate}")
        return url, body

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    @abstractmethod
    def version(self) -> str:
        """Names and versions of what it is made of."""

    @abstractmethod
    def command(self) -> list[str]:
        """Prepare what it needs; how to start it."""

    def body(self) -> bytes:
        return self.case.body

    def is_right(self, answer: Any) -> bool:
        return self._is_estimate(answer["prediction"])

    def _is_estimate(self, value: float) -> bool:
        return abs(value - self.case.estimate) < 1e-6

    def _gunicorn(self, application: str) -> list[str]:
        bind = ["--bind", self.address]
        return [sys.executable, "-m", "gunicorn", "--config", GUNICORN, *bind, application]

    def _run(self, *command: str) -> None:
        result = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise CannotMeasure(f"{self.name}: {command[1]} failed: {result.stderr[-2000:]}")


class RestFramework(Target):
    """The plain service, with an audit row by the ORM in the same PostgreSQL server."""

    name = "drf"

    def command(self) -> list[str]:
        self.environment["DJANGO_SETTINGS_MODULE"] = "settings"
        self._run(sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0")
        # What gunicorn's users have: its own threaded worker, not the product's.
        plain = ["--worker-class", "gthread", "--threads", DRF_THREADS]
        return [*self._gunicorn("wsgi"), *plain]

    def version(self) -> str:
        return installed(Path(sys.executable), "django", "djangorestframework", "gunicorn")


class FastAPI(Target):
    """The common solution with FastAPI and pandas; no audit."""

    name = "fastapi"
    path = "/predict"

    def command(self) -> list[str]:
        self._python = python_with(self.folder / "requirements.txt", self.case.work / "fastapi")
        return [
            str(self._python), "-m", "uvicorn", "main:app", "--port", self.port,
            "--workers", PROCESSES, "--no-access-log",
        ]  # fmt: skip

    def version(self) -> str:
        return installed(self._python, "fastapi", "pydantic", "uvicorn", "uvloop")


class MLflow(Target):
    """MLflow's scoring server; it is sent the inputs already joined. No audit."""

    name = "mlflow"
    path = "/invocations"

    def command(self) -> list[str]:
        self.environment |= {
            "MLFLOW_DISABLE_TELEMETRY": "true",
            # MLflow passes no such flag on; uvicorn reads it here.
            "UVICORN_ACCESS_LOG": "false",
        }
        self._python = python_with(self.folder / "requirements.txt", self.case.work / "mlflow")
        # It starts uvicorn by its bare name.
        path = (str(self._python.parent), self.environment["PATH"])
        self.environment["PATH"] = os.pathsep.join(path)
        model = str(self.case.model_file.parent / "mlflow")
        self._run(str(self._python), "save.py", str(self.case.model_file), model)
        return [
            str(self._python), "-m", "mlflow", "models", "serve", "--model-uri", model,
            "--env-manager", "local", "--port", self.port, "--workers", PROCESSES,
        ]  # fmt: skip

    def body(self) -> bytes:
        names, values = list(self.case.joined), list(self.case.joined.values())
        return json.dumps({"dataframe_split": {"columns": names, "data": [values]}}).encode()

    def is_right(self, answer: Any) -> bool:
        return self._is_estimate(answer["predictions"][0])

    def version(self) -> str:
        return installed(self._python, "mlflow", "fastapi", "uvicorn")


class Floor(Target):
    """An empty Django view in the product's gunicorn: what cannot be undercut with Django."""

    name = "floor"

    def command(self) -> list[str]:
        self.environment["PYTHONPATH"] = str(ROOT)  # the product's worker class is its own
        return self._gunicorn("floor")

    def is_right(self, answer: Any) -> bool:
        return bool(answer == {"prediction": None})

    def version(self) -> str:
        return installed(Path(sys.executable), "django", "gunicorn")


_KINDS: tuple[type[Target], ...] = (RestFramework, FastAPI, MLflow, Floor)
TARGETS = {kind.name: kind for kind in _KINDS}
