"""Runs in real workers: begun, seen, cancelled, killed and tried again."""

import pytest

from tests.predictions.training.conftest import Workers, has_ended, is_at_work

# Theirs is a copy of the tests' database, which is made for tests that say that they use it.
pytestmark = pytest.mark.django_db

SCHEDULED = """
from django_celery_beat.models import IntervalSchedule, PeriodicTask
soon, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
PeriodicTask.objects.create(
    name="soon", task="predictors.homes.tasks.retrain", interval=soon, one_off=True,
    kwargs='{"recipe": "champion", "forced": true}',
)
"""


def test_it_works(workers: Workers) -> None:
    before = workers.versions()
    done = workers.retrain("--recipe", "basic", "--force", "--wait")
    assert done.returncode == 0, done.stderr
    run = workers.wait_for(lambda run: run["peak_memory_mb"] is not None)
    assert (run["state"], run["trigger"], run["percent"]) == ("succeeded", "command", 100)
    assert workers.versions() == [*before, before[-1] + 1]
    assert run["peak_memory_mb"] > 100
    texts = [line["text"] for line in run["log"]]
    assert f"registered homes {before[-1] + 1} (basic)" in texts
    assert "the policy is manual" in texts[-1]
    for text in texts[:2]:
        assert text in done.stdout


def test_nothing_is_trained_if_nothing_has_changed(workers: Workers) -> None:
    before = workers.versions()
    done = workers.retrain("--wait")
    assert done.returncode == 0, done.stderr
    assert "nothing has changed since homes 1 (basic) was trained" in done.stdout
    assert workers.last()["state"] == "unchanged"
    assert workers.versions() == before


def test_a_second_request_is_told_which_run_there_is_and_cancel_ends_it(workers: Workers) -> None:
    before = workers.versions()
    workers.retrain("--recipe", "champion")
    run = workers.wait_for(is_at_work)
    workers.hold()
    second = workers.retrain("--recipe", "basic")
    assert f"run {run['id']} of homes is running" in second.stderr
    here = workers.database.manage("train_model", "homes")
    assert f"run {run['id']} of homes is running" in here.stderr
    workers.database.manage("shell", "-c", f"""
from predictions.training.services import cancel_run
cancel_run(run={run["id"]}, actor="olga")""")  # fmt: skip
    ended = workers.wait_for(has_ended)
    assert (ended["id"], ended["state"], ended["summary"]) == (run["id"], "cancelled", "cancelled")
    assert workers.versions() == before


def test_a_scheduled_run_whose_worker_is_killed_is_lost_and_tried_again(workers: Workers) -> None:
    before = workers.versions()
    workers.database.manage("shell", "-c", SCHEDULED)
    for attempt, victim in enumerate(("worker", "pool"), start=1):
        run = workers.wait_for(
            lambda run, attempt=attempt: is_at_work(run) and run["attempt"] == attempt  # type: ignore[misc]
        )
        assert run["trigger"] == "schedule"
        workers.kill(victim)
        workers.wait_for(lambda later, lost=run["id"]: later["retry_of_id"] == lost)  # type: ignore[misc]
        assert workers.runs()[-2]["state"] == "lost"
        assert workers.versions() == before
        workers.start()
    ended = workers.wait_for(has_ended)
    assert (ended["attempt"], ended["state"]) == (3, "succeeded")
    assert workers.versions() == [*before, before[-1] + 1]


def test_a_run_whose_process_is_killed_is_lost(workers: Workers) -> None:
    before = workers.versions()
    workers.retrain("--recipe", "champion")
    workers.wait_for(is_at_work)
    workers.kill("trainer")
    ended = workers.wait_for(has_ended)
    assert (ended["state"], ended["version_id"]) == ("lost", None)
    assert "SIGKILL" in ended["summary"]
    assert workers.versions() == before
    # Nobody had scheduled it, so it is not tried again.
    assert workers.last()["id"] == ended["id"]


def test_a_run_waits_for_a_broker_that_is_away_and_has_lost_everything(workers: Workers) -> None:
    workers.stop("training")
    done = workers.database.manage("retrain", "homes", REDIS_URL="redis://127.0.0.1:9")
    assert (done.returncode, "is queued" in done.stdout) == (0, True), done.stderr
    assert "the broker is away" in done.stderr
    workers.forget_messages()
    workers.start()
    assert workers.wait_for(has_ended)["state"] == "unchanged"
