"""A server in a session of its own: started, asked, ended with all its children."""

import contextlib
import http.client
import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks.comparison.load import CannotMeasure

STOP_SECONDS = 15


def ask(url: str, body: bytes) -> tuple[int, Any]:
    """Status and JSON of one POST."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    with contextlib.closing(connection):
        connection.request("POST", parts.path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
    return response.status, json.loads(content) if response.status == 200 else content.decode()


def check_free(port: int) -> None:
    """Otherwise another server might answer in place of ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise CannotMeasure(f"port {port} cannot be used ({error}); choose: --port") from None


class Process:
    def __init__(
        self, name: str, command: list[str], *, log: Path, env: dict[str, str], cwd: Path
    ) -> None:
        self._name = name
        self._log = log
        with log.open("wb") as output:
            self._popen = subprocess.Popen(
                command, cwd=cwd, env=env, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    def answers(self, url: str, *, seconds: float) -> None:
        """Wait until it answers a GET with 200. Raises CannotMeasure."""
        parts = urlsplit(url)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._popen.poll() is None:
            connection = http.client.HTTPConnection(parts.netloc, timeout=10)
            with contextlib.closing(connection), contextlib.suppress(OSError):
                connection.request("GET", parts.path)
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.2)
        raise CannotMeasure(f"{self._name} does not serve; see {self._log}")

    def first_answer(self, url: str, body: bytes, *, seconds: float) -> Any:
        """Ask until the server answers with 200. Raises CannotMeasure."""
        last: object = "nothing answered"
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._popen.poll() is None:
            try:
                status, answer = ask(url, body)
            except (OSError, http.client.HTTPException) as error:
                last = error
            else:
                if status == 200:
                    return answer
                last = f"{status}: {answer}"
            time.sleep(0.2)
        ended = self._log.read_text(errors="replace").strip().splitlines()[-1:]
        raise CannotMeasure(f"{self._name} does not serve ({last}): {ended}; see {self._log}")

    def stop(self) -> None:
        """Let it end by itself; then end what is left of it and of the processes it started."""
        try:
            family = psutil.Process(self._popen.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self._popen.terminate()
        try:
            self._popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
