"""bin/up stopped, killed or interrupted, and started again."""

import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.conftest import copy_of
from tests.live import (
    SAMPLE,
    Apart,
    free_port,
    launch,
    left_behind,
    manage,
    outside,
    wait_until,
)


def nothing_is_left(var: Path) -> None:
    """PostgreSQL says that it has ended a moment before its process has."""
    with suppress(AssertionError):
        wait_until(lambda: left_behind(var) == [], seconds=60)
    assert left_behind(var) == []


def test_killed_under_load_it_starts_again_and_has_every_answer_in_its_log(
    apart: Apart, home: dict[str, Any]
) -> None:
    own = apart.service
    received: list[str] = []
    statuses: set[int] = set()
    enough = threading.Event()

    def ask() -> None:
        while True:
            try:
                status, body = own.post("/api/predict/", home)
            except OSError:
                return
            statuses.add(status)
            received.append(body["id"])
            if len(received) >= 200:
                enough.set()

    askers = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    for asker in askers:
        asker.start()
    assert enough.wait(60)
    own.process.kill()
    own.process.wait()
    second = apart.start_again()
    for asker in askers:
        asker.join(timeout=30)
        assert not asker.is_alive()
    assert statuses == {200}
    assert "left behind" in second.text
    with second.database() as database:
        logged = {str(row) for (row,) in database.execute("SELECT id FROM predictions_prediction")}
    assert set(received) <= logged


def test_sigterm_leaves_nothing_behind_and_the_next_start_does_no_work_twice(
    apart: Apart,
) -> None:
    var = apart.service.var
    assert apart.service.stop() == 0
    nothing_is_left(var)
    second = apart.start_again()
    for text in ("installing", "training the", "new, ", "shown this once"):
        assert text not in second.text
    assert second.stop(signal.SIGINT) == 0
    nothing_is_left(var)


def test_told_to_end_when_nobody_reads_what_it_says_it_ends(
    started_before: Path, tmp_path: Path
) -> None:
    var = copy_of(started_before, tmp_path)
    process = subprocess.Popen(
        ["bin/up", "--port", str(free_port())],
        cwd=settings.BASE_DIR,
        env=outside(var),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    assert any(line.startswith("curl ") for line in process.stdout)
    process.stdout.close()
    process.terminate()
    assert process.wait(timeout=60) == 0
    nothing_is_left(var)


def test_stopped_while_it_starts_it_leaves_nothing_and_starts_again(tmp_path: Path) -> None:
    """Four times, each time a little later; then behind a proxy, which is for the outside."""
    said = ""
    for moment in ("starting the database", "up to date", "training the", "gunicorn"):
        interrupted = launch(tmp_path, "--data", str(SAMPLE))
        interrupted.wait_for(moment)
        assert interrupted.stop() in (0, 130)
        nothing_is_left(tmp_path)
        said += interrupted.text
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    service = launch(tmp_path, "--data", str(SAMPLE), **proxies)
    service.wait_for("curl ")
    assert service.stop() == 0
    # By the last start, unless the one before had just time for it: never by none.
    assert "shown this once" in said + service.text
    assert "Traceback" not in said + service.text


def test_a_database_folder_that_was_half_made_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres.initialising"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert manage(tmp_path, "check").returncode == 0
    assert not half.exists()


def test_bin_manage_that_is_told_to_end_takes_its_servers_with_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        ["bin/manage", "shell", "-c", "print('here', flush=True); input()"],
        cwd=settings.BASE_DIR,
        env=outside(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line == "here\n":
            break
    process.terminate()
    assert process.wait(timeout=30) == 128 + signal.SIGTERM
    process.communicate()
    nothing_is_left(tmp_path)
