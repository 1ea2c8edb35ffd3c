"""`ours`: the product as `bin/up` runs it, with the PostgreSQL it brings along."""

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.comparison.load import CannotMeasure
from benchmarks.comparison.process import Process, ask
from ops.embedded.servers import Servers
from predictors.homes.ml.schema import HOME_FIELDS

ROOT = Path(__file__).resolve().parents[2]
# bin/up trains its first model on a new folder.
START_SECONDS = 300
ACTIVE = "FROM modelregistry_modelversion WHERE predictor = 'homes' AND is_active"


class Product:
    name = "ours"
    home = {field.name: field.example for field in HOME_FIELDS}
    """The product's own example: the 18 facts of one home."""

    def __init__(
        self, *, work: Path, port: int, data: Path | None, environment: dict[str, str]
    ) -> None:
        self.var = work / "product"
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}/api/predict/"
        self.body = json.dumps(self.home).encode()
        self._log = work / "ours.log"
        self._command = [str(ROOT / "bin" / "up"), "--port", str(port)]
        if data is not None:
            self._command += ["--data", str(data.resolve())]
        self.environment = environment | {"HOUSING_VAR": str(self.var)}
        self._stack = contextlib.ExitStack()
        self.database_url = ""

    def start(self) -> tuple[str, bytes]:
        # Afresh: the length of the audit log must not depend on earlier runs.
        shutil.rmtree(self.var, ignore_errors=True)
        self._stack.callback(shutil.rmtree, self.var, ignore_errors=True)
        # Before bin/up, which joins them: so they are stopped whatever becomes of it.
        servers = self._stack.enter_context(Servers(self.var, self.environment))
        self.database_url = servers.environment["DATABASE_URL"]
        process = Process(
            self.name, self._command, log=self._log, env=self.environment, cwd=Path.cwd()
        )
        self._stack.callback(process.stop)
        process.first_answer(self.url, self.body, seconds=START_SECONDS)
        self._use_basic_model()
        return self.url, self.body

    def stop(self) -> None:
        self._stack.close()

    def version(self) -> str:
        (server,) = self.row("SHOW server_version")
        return f"ours {os.environ.get('HOUSING_REVISION', 'unknown')}, PostgreSQL {server}"

    def estimate(self) -> float:
        _, answer = ask(self.url, self.body)
        return float(answer["prediction"])

    def artifact(self) -> tuple[Path, Path]:
        """`model.pkl` and `model_features.json` of the active version."""
        model, features = self.row(f"SELECT model_file, features_file {ACTIVE}")
        return self.var / "artifacts" / model, self.var / "artifacts" / features

    def admin_password(self) -> str:
        """From the banner, which shows it once."""
        return self._log.read_text().split("password ")[1].split()[0]

    def audit_rows(self) -> int:
        (rows,) = self.row("SELECT count(*) FROM predictions_prediction")
        return int(rows)

    def row(self, query: str) -> tuple[Any, ...]:
        """The first row."""
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute(query.encode()).fetchone()
        assert found is not None
        return found

    def _use_basic_model(self) -> None:
        """The comparison is about serving: should another recipe be active, activate this one."""
        if self.row(f"SELECT name {ACTIVE}") != ("basic",):
            manage = str(ROOT / "bin" / "manage")
            (version,) = self.row(
                "SELECT min(version) FROM modelregistry_modelversion "
                "WHERE predictor = 'homes' AND name = 'basic'"
            )
            command = [manage, "activate_model", "homes", str(version)]
            if subprocess.run(command, env=self.environment, check=False).returncode != 0:
                raise CannotMeasure("the basic model could not be activated")
