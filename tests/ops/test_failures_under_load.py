"""What dies while clients ask takes no acknowledged answer with it."""

import signal
from typing import Any

import psutil
import pytest

from benchmarks.asking import FAILED, Askers
from tests.live import Apart, Live, command_line, manage, wait_until

pytestmark = pytest.mark.alone


def unlogged(service: Live, askers: Askers) -> set[str]:
    """Acknowledged answers that are not in the log."""
    acknowledged = [reply.id for reply in askers.of_status(200)]
    assert len(acknowledged) == len(set(acknowledged))
    with service.database() as database:
        rows = database.execute(
            "SELECT id FROM predictions_prediction WHERE id = ANY(%s)", [acknowledged]
        )
        return set(acknowledged) - {str(name) for (name,) in rows}


def test_workers_that_are_killed_lose_no_acknowledged_answer(
    apart: Apart, home: dict[str, Any]
) -> None:
    own = apart.service
    with Askers([f"127.0.0.1:{own.port}"], home) as askers:
        for _ in range(3):
            askers.wait_for(200)
            victim = own.web_processes()[0]
            victim.kill()
            wait_until(lambda victim=victim: len(set(own.web_processes()) - {victim}) == 2)  # type: ignore[misc]
        askers.wait_for(200)
    assert {reply.status for reply in askers.replies} <= {200, FAILED}
    assert unlogged(own, askers) == set()


def test_a_database_that_restarts_costs_503s_and_nothing_else(
    apart: Apart, home: dict[str, Any]
) -> None:
    own = apart.service
    with Askers([f"127.0.0.1:{own.port}"], home) as askers:
        askers.wait_for(200)
        pid = int((own.var / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        postgres = psutil.Process(pid)
        postgres.send_signal(signal.SIGINT)
        postgres.wait(30)
        askers.wait_for(20)
        assert manage(own.var, "check").returncode == 0  # starts what is gone
        before = len(askers.replies)
        wait_until(lambda: any(reply.status == 200 for reply in askers.replies[before:]))
        askers.wait_for(200)
    assert {reply.status for reply in askers.replies} == {200, 503}
    assert {reply.status for reply in askers.replies[-50:]} == {200}
    assert unlogged(own, askers) == set()


def test_told_to_end_it_answers_what_it_accepted(apart: Apart, home: dict[str, Any]) -> None:
    own = apart.service
    with Askers([f"127.0.0.1:{own.port}"], home) as askers:
        askers.wait_for(300)
        assert own.stop() == 0
    assert {reply.status for reply in askers.replies} <= {200, FAILED}
    again = apart.start_again()
    assert unlogged(again, askers) == set()


def test_without_valkey_everything_is_answered(apart: Apart, home: dict[str, Any]) -> None:
    own = apart.service
    (valkey,) = [
        process
        for process in psutil.process_iter()
        if str(own.var / "valkey" / "valkey.sock") in command_line(process)
    ]
    with Askers([f"127.0.0.1:{own.port}"], home, connections=4) as askers:
        valkey.kill()
        askers.wait_for(300)
    assert {reply.status for reply in askers.replies} == {200}
