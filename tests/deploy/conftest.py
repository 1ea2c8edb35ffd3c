"""The image's own files, run against servers of their own, in production mode, without Docker."""

import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.images.contents import collect_static
from deploy.images.dockerfile import assemble
from ops.embedded.servers import Servers
from tests.conftest import copy_of
from tests.live import free_port

from .files import ROOT, SECRETS, compose
from .manifests import commands
from .running import PATH, SECONDS, answers, run, running, until

SERVICES = compose(SECRETS)["services"]
Environment = Callable[[str], dict[str, str]]


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile copies, less what .dockerignore names, with the files it collects."""
    folder = tmp_path_factory.mktemp("image")
    assemble(folder)
    collect_static(folder)
    return folder


@pytest.fixture(scope="session")
def servers(
    started_before: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """With the tables, data and models of a first start: nothing has to be learned anew."""
    theirs = {"DATABASE_URL", "REDIS_URL", "HOUSING_SECRET_KEY", "HOUSING_ACCESS"}
    outer = {name: value for name, value in os.environ.items() if name not in theirs}
    var = copy_of(started_before, tmp_path_factory.mktemp("servers"))
    with Servers(var, {**outer, "PATH": PATH}) as started:
        # Who asks shows a key here, as the image has it.
        yield {k: v for k, v in started.environment.items() if k != "HOUSING_ACCESS"}


@pytest.fixture(scope="session")
def environment(servers: dict[str, str]) -> Environment:
    """What compose gives a service, with the addresses and folders of this machine."""

    def of(service: str) -> dict[str, str]:
        there = {**SERVICES[service]["environment"], "HOSTNAME": socket.gethostname()}
        return {**there, **servers, "HOUSING_DATA": str(ROOT / "data" / "sample")}

    return of


@pytest.fixture(scope="session")
def said_by_prepare(image: Path, environment: Environment) -> str:
    return run(SERVICES["prepare"]["command"], image, environment("prepare"))


@pytest.fixture(scope="session")
def prepared(image: Path, said_by_prepare: str) -> Path:
    return image


@pytest.fixture(scope="session")
def key(prepared: Path, environment: Environment) -> str:
    """Of the first key, made as docs/deploy.md says."""
    text = (ROOT / "docs" / "deploy.md").read_text()
    line = re.search(
        r"^docker compose run --rm prepare (python manage\.py make_key .*)$", text, re.M
    )
    assert line
    return run(line[1].split(), prepared, environment("prepare")).strip()


@pytest.fixture(scope="session")
def web(
    prepared: Path,
    key: str,
    environment: Environment,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[int]:
    """The port of a Pod of `web`, so to speak."""
    port, log = free_port(), tmp_path_factory.mktemp("web") / "log"
    command = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in commands()["web"]]
    with running(command, prepared, environment("web"), log) as process:
        until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), process, log)
        yield port
        process.terminate()
        assert process.wait(SECONDS) == 0, log.read_text()
