"""The release before and this one on one database, under load: nobody notices the upgrade.

The database is the former release's: its migrations make the schema, and it has begun to work there
before this release's `prepare` runs beside it.
"""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from benchmarks.asking import Askers
from ops.embedded.servers import Servers
from tests.conftest import SAMPLE, copy_of
from tests.live import free_port, outside, wait_until

from .releases import needs_history, unpack

pytestmark = [needs_history, pytest.mark.alone]
# What a table of the release before has in the service that was prepared with this one.
TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
AND relname !~ '^(django_(migrations|content_type|session)|auth_(permission|group))'
"""
COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname) FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
# Beyond all that was copied.
SEQUENCES = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 30000) FROM pg_sequences
"""


class Moving(Askers):
    """As a proxy does it: whom a process refuses before anything was sent asks the next one."""

    def __init__(self, addresses: Sequence[str], home: dict[str, Any], **how: Any) -> None:
        self._places = [(host, int(port)) for host, port in (a.split(":") for a in addresses)]
        super().__init__(addresses, home, **how)

    def _post(self, connection: http.client.HTTPConnection) -> tuple[int, dict[str, Any]]:
        places = [(connection.host, connection.port), *self._places]
        while connection.sock is None and places:
            connection.host, connection.port = places.pop(0)
            try:
                connection.connect()
            except ConnectionRefusedError:
                continue
        return super()._post(connection)


@dataclass
class Side:
    """One release at work: its code, and where it listens."""

    code: Path
    environment: dict[str, str]
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def run(self, *command: str) -> None:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.code,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr

    def start(self, log: Path, *command: str) -> "subprocess.Popen[bytes]":
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=self.code,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def is_ready(self) -> bool:
        return self.ask("GET", "/readyz")[0] == 200

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
        """Status 0 while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "text/csv"} if body else {})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except OSError:
            return 0, {}
        finally:
            connection.close()


WEB = ("-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "housing_api.wsgi", "--bind")
WORKER = (
    *("-m", "celery", "--app", "housing_api.celery", "worker", "--concurrency", "2"),
    *("--queues", "default,batches", "--loglevel", "WARNING"),
)


@dataclass
class Upgrade:
    """The former release works (`before`); this one (`now`) may be prepared and started."""

    before: Side
    now: Side
    database: psycopg.Connection[Any]
    folder: Path
    running: list["subprocess.Popen[bytes]"]

    def start(self, side: Side, *more: str) -> None:
        log = self.folder / f"{side.port}.log"
        self.running.append(side.start(log, *WEB, side.address))
        self.running.append(side.start(log, *WORKER, "--hostname", f"{side.port}@%h", *more))
        wait_until(side.is_ready, 120)

    def end_first(self) -> None:
        """Web and worker that were started first: they answer what they have accepted."""
        for _ in range(2):
            process = self.running.pop(0)
            process.terminate()
            process.wait(timeout=30)

    def migrations(self) -> int:
        row = self.database.execute("SELECT count(*) FROM django_migrations").fetchone()
        return int(row[0]) if row else 0

    def switch_to(self, version: int, *, processes: int) -> None:
        """By SQL; until so many web processes answer with it."""
        self.database.execute(
            "UPDATE modelregistry_modelversion SET is_active = (version = %s) "
            "WHERE predictor = 'homes'",
            [version],
        )
        query = (
            "SELECT count(*) FROM modelregistry_servingprocess p "
            "JOIN modelregistry_modelversion v ON v.id = p.model_version_id "
            "WHERE p.predictor = 'homes' AND fault = '' AND v.version = %s "
            "AND seen_at > now() - interval '15 seconds'"
        )
        wait_until(lambda: self.database.execute(query, [version]).fetchone() == (processes,), 60)

    def logged(self) -> dict[str, int]:
        """Version by id."""
        rows = self.database.execute(
            "SELECT p.id::text, v.version FROM predictions_prediction p "
            "JOIN modelregistry_modelversion v ON v.id = model_version_id "
            "WHERE endpoint <> 'batch'"
        )
        return dict(rows.fetchall())


@pytest.fixture
def upgrade(started_before: Path, tmp_path: Path) -> Iterator[Upgrade]:
    code = tmp_path / "before"
    unpack(code)
    var = copy_of(started_before, tmp_path)
    with Servers(var, outside(var)) as servers, ExitStack() as stack:
        paths = f"{Path(sys.executable).parent}{os.pathsep}{servers.environment['PATH']}"
        environment = {**outside(var), **servers.environment, "PATH": paths}
        environment["HOUSING_DATA"] = str(SAMPLE)
        before, now = (
            Side(folder, {**environment, "PYTHONPATH": str(folder)}, free_port())
            for folder in (code, settings.BASE_DIR)
        )
        url = environment["DATABASE_URL"]
        make_former_database(url, before)
        database = stack.enter_context(psycopg.connect(url, autocommit=True))
        running: list[subprocess.Popen[bytes]] = []
        yield Upgrade(before, now, database, tmp_path, running)
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=30)


def make_former_database(url: str, before: Side) -> None:
    """With the schema of the release before, and what a prepared service has in it."""
    server = urlunsplit(urlsplit(url)._replace(path="/postgres"))
    newer = urlunsplit(urlsplit(url)._replace(path="/newer"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("ALTER DATABASE housing RENAME TO newer")
        connection.execute("CREATE DATABASE housing")
    before.run("manage.py", "migrate", "--verbosity", "0")
    with psycopg.connect(newer) as source, psycopg.connect(url) as target:
        target.execute("SET session_replication_role = replica")
        for (table,) in target.execute(TABLES).fetchall():
            (columns,) = target.execute(COLUMNS, [table]).fetchone() or ("",)
            names = sql.SQL(columns)
            target.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table)))
            with (
                source.cursor().copy(
                    sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
                        names, sql.Identifier(table)
                    )
                ) as rows,
                target.cursor().copy(
                    sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
                ) as copy,
            ):
                for piece in rows:
                    copy.write(piece)
        target.execute(SEQUENCES)


def test_it_works(upgrade: Upgrade, home: dict[str, Any]) -> None:
    """Prepared under load, both answer, both follow a switch, the former ends: no request fails."""
    before, now = upgrade.before, upgrade.now
    upgrade.start(before, "--beat")
    there = upgrade.logged()
    with Moving([before.address, now.address], home, connections=4) as first:
        first.wait_for(100)
        former = upgrade.migrations()
        now.run("manage.py", "prepare")
        assert upgrade.migrations() > former, "there was nothing to upgrade"
        first.wait_for(100)
        upgrade.start(now)
        with Moving([now.address, before.address], home, connections=4) as second:
            second.wait_for(100)
            upgrade.switch_to(2, processes=4)
            batches = [send_file(side, home) for side in (before, now)]
            for asked, batch in zip((now, before), batches, strict=True):
                wait_until(lambda a=asked, b=batch: is_done(a, b), 60)  # type: ignore[misc]
            first.wait_for(100)
            upgrade.end_first()
            first.wait_for(100)
            second.wait_for(100)
    replies = [*first.replies, *second.replies]
    assert {reply.status for reply in replies} == {200}
    assert {reply.version for reply in replies} == {1, 2}
    answered = {reply.id: reply.version for reply in replies}
    assert len(answered) == len(replies)
    assert upgrade.logged() == there | answered


def send_file(side: Side, home: dict[str, Any]) -> str:
    cells = ",".join(str(value) for value in home.values())
    body = "\n".join([",".join(home), *[cells] * 20]).encode()
    status, batch = side.ask("POST", "/api/batches/", body)
    assert status == 202, batch
    return str(batch["id"])


def is_done(side: Side, batch: str) -> bool:
    state = side.ask("GET", f"/api/batches/{batch}/")[1]["state"]
    assert state != "failed"
    return bool(state == "done")
