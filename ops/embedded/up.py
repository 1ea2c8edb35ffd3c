"""`bin/up`: everything on one machine, in one command, until it is stopped."""

import argparse
import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer

from ops.embedded.leftovers import end_leftovers, mark
from ops.embedded.servers import Servers, Unreachable

ROOT = Path(__file__).resolve().parent.parent.parent


class CannotStart(Exception):
    """One line that says why."""


class Stopped(Exception):
    """Ctrl-C or SIGTERM before the supervisor took over."""


def main(arguments: list[str], var: Path) -> int:
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGHUP, _stop)
    try:
        with _only_one(var):
            leftovers = end_leftovers(var)
            if leftovers:
                say(f"ended {leftovers} processes that a killed bin/up left behind")
            check_port(options.port)
            folder = options.data or os.environ.get("HOUSING_DATA")
            if folder and not Path(folder).is_dir():
                raise CannotStart(f"the data folder {folder} is not there")
            if folder:
                os.environ["HOUSING_DATA"] = str(Path(folder).resolve())
            say(f"starting the database and the broker (state in {var})")
            with Servers(var, os.environ) as servers:
                environment = {**os.environ, **servers.environment, **mark(var)}
                facts = prepare(var, environment)
                return supervise(options.port, environment, facts)
    except (CannotStart, Unreachable, RuntimeError) as error:
        print(f"bin/up: {error}", file=sys.stderr)
        return 1
    except Stopped:
        return 130


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/up", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--data", type=Path, help="folder with the data files")
    return parser.parse_args(arguments)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def say(line: str) -> None:
    print(f"bin/up: {line}", flush=True)


@contextlib.contextmanager
def _only_one(var: Path) -> Iterator[None]:
    """Hold the lock of this `var`; the kernel releases it even when we are killed."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "up.lock").open("a+") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(f"it already runs with its state in {var}") from None
        yield


def check_port(port: int) -> None:
    with socket.socket() as probe:
        # As gunicorn binds: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise CannotStart(f"port {port} cannot be used ({error}); choose one: --port") from None


def prepare(var: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Migrate, load, train; what the banner tells. In a process of its own, whose memory goes."""
    result = var / "prepared.json"
    result.unlink(missing_ok=True)
    kept = var / "admin_password"  # until the banner has shown it
    is_new = not kept.exists()
    if is_new:
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(12))
    process = subprocess.Popen(
        [sys.executable, "manage.py", "prepare", "--result", str(result)],
        cwd=ROOT,
        env={**environment, "DJANGO_SUPERUSER_PASSWORD": kept.read_text()},
        start_new_session=True,
    )
    try:
        code = process.wait()
    except Stopped:
        process.terminate()
        process.wait()
        raise
    if code != 0:
        raise CannotStart("the service could not be prepared; the reason stands above")
    facts: dict[str, Any] = json.loads(result.read_text())
    if is_new and not facts["admin_created"]:
        kept.unlink()
    return facts | {"password_file": str(kept)}


class _Printer(Printer):
    """Honcho's, which would end, and leave the others behind, when nobody reads any more."""

    def write(self, message: Any) -> None:
        try:
            super().write(message)
        except BrokenPipeError:
            # For all that is still to come, that of the end of the interpreter too.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Manager(Manager):
    """Honcho's, which a signal confuses that comes before every process has reported its pid."""

    _postponed = False

    def terminate(self) -> None:
        if super()._all_started():
            super().terminate()
        else:
            self._postponed = True

    def _all_started(self) -> bool:
        started = bool(super()._all_started())
        if started and self._postponed:
            self._postponed = False
            super().terminate()
        return started


def supervise(port: int, environment: dict[str, str], facts: dict[str, Any]) -> int:
    """Run the Procfile until a signal or the end of one process; all end together."""
    # On one's own machine root may run it all; Celery would print a page about it at every start.
    environment = {**environment, "PYTHONWARNINGS": "ignore:::celery.platforms"}
    manager = _Manager(_Printer(sys.stdout))
    signal.signal(signal.SIGHUP, lambda number, frame: signal.raise_signal(signal.SIGTERM))
    processes = parse_procfile((ROOT / "Procfile").read_text()).processes
    for name, command in processes.items():
        manager.add_process(
            name, f"exec {command}", env={**environment, "PORT": str(port)}, cwd=str(ROOT)
        )
    # A process, not a thread: the supervisor forks.
    announcer = subprocess.Popen(
        [sys.executable, "-m", "ops.embedded.banner", f"http://127.0.0.1:{port}"],
        env=environment,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    assert announcer.stdin is not None
    announcer.stdin.write(json.dumps(facts).encode())
    announcer.stdin.close()
    manager.loop()
    announcer.kill()
    announcer.wait()
    # Honcho reports the signal it got as 128 + number; being stopped is no failure.
    return 0 if manager.returncode in (0, 130, 143) else int(manager.returncode or 1)
