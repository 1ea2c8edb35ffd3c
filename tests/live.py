"""A running `bin/up` for tests: real processes, real HTTP, a database of its own."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
import pytest
from django.conf import settings

from ops.embedded.leftovers import MARK
from tests.servers import OUTSIDE

SAMPLE = settings.BASE_DIR / "data" / "sample"
START_SECONDS = 300


def outside(var: Path, **more: str) -> dict[str, str]:
    """A user's environment with the state in `var`, without the servers of this test run."""
    kept = {
        name: value
        for name, value in OUTSIDE.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    }
    return {**kept, "HOUSING_VAR": str(var), **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """For what another process does by itself soon."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def manage(var: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bin/manage", *arguments],
        cwd=settings.BASE_DIR,
        env=outside(var),
        capture_output=True,
        text=True,
        timeout=120,
    )


def command_line(process: psutil.Process) -> str:
    """Empty when it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def left_behind(var: Path) -> list[str]:
    """Command lines of processes that have to do with this state folder."""
    found = []
    for process in psutil.process_iter():
        try:
            marked = process.environ().get(MARK) == str(var)
            command = command_line(process)
        except psutil.Error:
            continue
        if marked or str(var) in command:
            found.append(command)
    return found


@dataclass
class Live:
    var: Path
    port: int
    process: subprocess.Popen[str]
    output: list[str] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)
    said: threading.Condition = field(default_factory=threading.Condition)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def text(self) -> str:
        return "".join(self.output)

    @property
    def password(self) -> str:
        """Of its user admin."""
        shown = re.search(r"user admin, password (\S+)", self.text)
        assert shown
        return shown[1]

    def web_processes(self) -> list[psutil.Process]:
        """gunicorn's children: the processes that answer."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        web = {process.pid: process for process in family if "gunicorn" in command_line(process)}
        return [process for process in web.values() if process.ppid() in web]

    def database(self) -> psycopg.Connection[Any]:
        folder = quote(str(self.var / "postgres"), safe="")
        return psycopg.connect(f"postgresql://postgres@/housing?host={folder}", autocommit=True)

    def activate(self, version: int, predictor: str = "homes") -> None:
        """And return when every web process answers with it."""
        with self.database() as database:
            database.execute(
                "UPDATE modelregistry_modelversion SET is_active = (version = %s) "
                "WHERE predictor = %s",
                [version, predictor],
            )

            def follows() -> bool:
                query = (
                    "SELECT bool_and(v.version = %s) FROM modelregistry_servingprocess p "
                    "JOIN modelregistry_modelversion v ON v.id = p.model_version_id "
                    "WHERE p.predictor = %s"
                )
                return database.execute(query, [version, predictor]).fetchone() == (True,)

            wait_until(follows)

    def another_version(self, predictor: str = "homes") -> int:
        """Number of a version that has passed the gate: the first model under the next number."""
        with self.database() as database:
            columns = database.execute(
                "SELECT string_agg(quote_ident(column_name), ', ') "
                "FROM information_schema.columns WHERE table_name = 'modelregistry_modelversion' "
                "AND column_name NOT IN ('id', 'version', 'is_active')"
            ).fetchone()
            assert columns is not None
            made = database.execute(
                f"INSERT INTO modelregistry_modelversion (version, {columns[0]}) "
                "SELECT (SELECT max(version) + 1 FROM modelregistry_modelversion "
                f"WHERE predictor = %(predictor)s), {columns[0]} FROM modelregistry_modelversion "
                "WHERE predictor = %(predictor)s AND version = 1 RETURNING version",
                {"predictor": predictor},
            ).fetchone()
        assert made is not None
        return int(made[0])

    def post(self, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", path, content, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code, when it is gone and `text` holds all that it said."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        assert self.ended.wait(30), "a process that it left behind holds its output open"
        return code

    def wait_for(self, text: str) -> None:
        with self.said:
            assert self.said.wait_for(lambda: text in self.text, START_SECONDS), self.text

    def read(self) -> None:
        """Keep the pipe empty and watch for the end of the banner."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.said:
                self.output.append(line)
                self.said.notify_all()
            if line.startswith("curl "):
                self.ready.set()
        self.ended.set()
        self.ready.set()


@dataclass
class Apart:
    """A service that is ended and started again from test to test."""

    service: Live

    def start_again(self) -> Live:
        """After it has ended."""
        self.service = start(self.service.var)
        return self.service


def launch(var: Path, *arguments: str, **environment: str) -> Live:
    """Start `bin/up` and return at once."""
    port = free_port()
    process = subprocess.Popen(
        ["bin/up", "--port", str(port), *arguments],
        cwd=settings.BASE_DIR,
        env=outside(var, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=os.setpgrp,
    )
    service = Live(var, port, process)
    threading.Thread(target=service.read, daemon=True).start()
    return service


def start(var: Path, *arguments: str, **environment: str) -> Live:
    """Start `bin/up` on the sample and wait for its banner."""
    service = launch(var, *(arguments or ("--data", str(SAMPLE))), **environment)
    if not service.ready.wait(START_SECONDS):
        service.stop()
        pytest.fail(f"not ready in {START_SECONDS} s: {service.text}")
    assert service.process.poll() is None, service.text
    return service
