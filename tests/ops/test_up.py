"""bin/up as a user meets it: started, asked, switched, and refused a start."""

import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.conf import settings

from tests.access.callers import session
from tests.live import SAMPLE, Live, launch, left_behind, manage, outside, wait_until

ROOT = settings.BASE_DIR


def test_it_works(live: Live) -> None:
    """The banner says where everything is, and its curl line works when pasted."""
    for text in ("/api/docs/", "/admin/", "password ", "homes 2 (champion)", "SYNTHETIC DATA"):
        assert text in live.text
    (line,) = [line for line in live.output if line.startswith("curl ")]
    answer = subprocess.run(shlex.split(line), capture_output=True, text=True, check=True).stdout
    assert '"prediction":' in answer
    assert '"data":"synthetic"' in answer


def test_the_password_of_the_banner_opens_the_admin(live: Live) -> None:
    assert "sessionid=" in session(live)["Cookie"]


def test_one_sql_update_switches_the_version_without_a_restart(
    live: Live, home: dict[str, Any]
) -> None:
    new = live.another_version()

    def answering() -> set[int]:
        return {live.post("/api/predict/", home)[1]["model"]["version"] for _ in range(20)}

    with live.database() as database:
        for number in (new, 1):
            database.execute(
                "UPDATE modelregistry_modelversion SET is_active = (version = %s) "
                "WHERE predictor = 'homes'",
                [number],
            )
            wait_until(lambda number=number: answering() == {number})  # type: ignore[misc]


def test_versions_registered_at_once_get_numbers_without_gaps(live: Live, tmp_path: Path) -> None:
    with live.database() as database:
        (last, digest), *_ = database.execute(
            "SELECT max(version), min(model_file) FILTER (WHERE version = 1) "
            "FROM modelregistry_modelversion WHERE predictor = 'homes'"
        )
    artifact = live.var / "artifacts" / digest
    arguments = ("register_model", "homes", str(artifact))
    features = str(artifact.parent / "model_features.json")
    processes = [
        subprocess.Popen(["bin/manage", *arguments, features], cwd=ROOT, env=outside(live.var))
        for _ in range(3)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    with live.database() as database:
        rows = database.execute(
            "SELECT version FROM modelregistry_modelversion WHERE predictor = 'homes' "
            "ORDER BY version"
        )
        assert [version for (version,) in rows] == list(range(1, last + 4))


def test_dbshell_reaches_the_database(live: Live) -> None:
    shell = subprocess.run(
        ["bin/manage", "dbshell", "--", "-Atc", "SELECT count(*) FROM homes_zipcodedemographics"],
        cwd=ROOT,
        env=outside(live.var),
        capture_output=True,
        text=True,
    )
    assert shell.stdout.strip() == "70", shell


def test_the_worker_trains_when_asked(live: Live) -> None:
    trained = manage(live.var, "retrain", "homes", "--recipe", "basic", "--force", "--wait")
    assert trained.returncode == 0, trained
    assert "100 % registered homes" in trained.stdout


def test_a_second_bin_up_on_the_same_state_says_so(live: Live) -> None:
    second = launch(live.var)
    assert second.process.wait(timeout=60) == 1
    assert "already runs" in second.text


@pytest.mark.parametrize(
    ("arguments", "environment", "reason"),
    [
        (("--data", "/nonexistent"), {}, "the data folder /nonexistent is not there"),
        (("--data", "/"), {}, "the data folder / has no kc_house_data.csv"),
        ((), {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}, "cannot be reached"),
        ((), {"REDIS_URL": "redis://127.0.0.1:9"}, "cannot be reached"),
    ],
)
def test_what_keeps_it_from_starting_is_one_clear_line(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], reason: str
) -> None:
    service = launch(tmp_path, *arguments, **environment)
    assert service.process.wait(timeout=60) == 1
    service.ready.wait(10)
    assert reason in service.text
    assert "Traceback" not in service.text
    wait_until(lambda: left_behind(tmp_path) == [])


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refusal = subprocess.run(
            ["bin/up", "--port", str(port)],
            cwd=ROOT,
            env=outside(tmp_path),
            capture_output=True,
            text=True,
        )
    assert refusal.returncode == 1
    assert f"port {port} cannot be used" in refusal.stderr


@pytest.mark.parametrize("version", [1, 2])
def test_the_client_script_values_every_example(live: Live, version: int) -> None:
    live.activate(version)
    result = subprocess.run(
        [
            *(sys.executable, "examples/value_homes.py"),
            *(str(SAMPLE / "future_unseen_examples.csv"), "--url", live.url),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert "200 requests, 0 failed" in result.stdout
    assert "SYNTHETIC" in result.stdout
    if version == 2:
        replayed = manage(live.var, "replay_predictions", "--limit", "100000")
        assert "different: 0" in replayed.stdout, replayed
    live.activate(1)


def test_the_client_script_fails_when_a_request_fails(live: Live, tmp_path: Path) -> None:
    broken = tmp_path / "homes.csv"
    lines = (SAMPLE / "future_unseen_examples.csv").read_text().splitlines()[:3]
    broken.write_text("\n".join([lines[0], re.sub(r"\b98\d{3}\b", "10001", lines[1]), lines[2]]))
    result = subprocess.run(
        [sys.executable, "examples/value_homes.py", str(broken), "--url", live.url],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert "home 1, /api/predict/: 422 not accepted: zipcode" in result.stderr


def test_the_database_of_the_user_is_used_when_named(live: Live, tmp_path: Path) -> None:
    """DATABASE_URL and REDIS_URL of another machine: nothing embedded is started."""
    with live.database() as database:
        database.execute("CREATE DATABASE theirs")
        parameters = database.info.get_parameters()
    url = f"postgresql://postgres@/theirs?host={parameters['host']}"
    broker = f"unix://{live.var}/valkey/valkey.sock"
    service = launch(tmp_path, "--data", str(SAMPLE), DATABASE_URL=url, REDIS_URL=broker)
    assert service.ready.wait(120), service.text
    assert not (tmp_path / "postgres").exists()
    assert service.stop() == 0
    with psycopg.connect(url) as theirs:
        row = theirs.execute("SELECT count(*) FROM homes_sale").fetchone()
    assert row == (2100,)


def test_without_its_database_it_answers_503_and_comes_back_with_it(
    live: Live, home: dict[str, Any]
) -> None:
    pid = int((live.var / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    server = psutil.Process(pid)
    server.send_signal(signal.SIGINT)
    server.wait(30)
    status, problem = live.post("/api/predict/", home)
    assert (status, problem["code"]) == (503, "database-unavailable")
    assert manage(live.var, "check").returncode == 0  # joins the servers, and starts what is gone
    status, answer = live.post("/api/predict/", home)
    assert status == 200, answer
    with live.database() as database:
        found = database.execute(
            "SELECT 1 FROM predictions_prediction WHERE id = %s", [answer["id"]]
        )
        assert found.fetchone() == (1,)
