"""One request id through the response, the logs of web and worker, and the database's log."""

import http.client
import io
import json
import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django_structlog.celery.receivers import CeleryReceiver
from structlog.contextvars import bound_contextvars
from structlog.stdlib import ProcessorFormatter

from housing_api.logs import formatter
from modelregistry.errors import DomainError
from predictions import request_ids
from predictions.batches.tasks import split
from predictions.training.locks import alone
from predictions.training.management.commands.run_training import carry_out_claimed
from predictions.training.models import TrainingRun
from predictions.training.supervising import supervise
from tests.conftest import copy_of
from tests.live import SAMPLE, Live, launch, wait_until

FILE = (SAMPLE / "future_unseen_examples.csv").read_bytes()
FORGED = "\r\n2026-01-01T00:00:00Z ERROR forged: line\x1b[31m\u2028\x85"
SECRET = "swordfish-42"


@pytest.fixture(scope="module")
def told(started_before: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service that logs as in production, and every statement of the database."""
    service = launch(
        copy_of(started_before, tmp_path_factory.mktemp("told")),
        HOUSING_LOG_FORMAT="json",
        HOUSING_SLOW_QUERY_MS="0",
    )
    assert service.ready.wait(60), service.text
    yield service
    service.stop()


def send(
    service: Live, method: str, path: str, body: bytes | None = None, **headers: str
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    response = connection.getresponse()
    response.read()
    return response


def events(service: Live, process: str, **wanted: Any) -> list[dict[str, Any]]:
    """What `process` has logged, in honcho's lines: `time web    | {…}`."""
    lines = re.findall(rf"^\S+ {process} +\| (\{{.*\}})$", service.text, re.MULTILINE)
    found = [json.loads(line) for line in lines]
    return [event for event in found if wanted.items() <= event.items()]


def statements(service: Live, name: str) -> list[str]:
    """Slow ones, made for the request with this id."""
    lines = (service.var / "postgres" / "log").read_text().splitlines()
    return [line for line in lines if f"] housing {name} LOG:  duration: " in line]


def test_it_works(told: Live) -> None:
    """A batch: the request, and what workers and the database did for it."""
    answer = send(
        told, "POST", "/api/batches/", FILE, X_Request_ID="find-me", Content_Type="text/csv"
    )
    assert (answer.status, answer.headers["X-Request-ID"]) == (202, "find-me")
    wait_until(lambda: len(events(told, "worker", event="task_succeeded")) >= 3)
    (web,) = events(told, "web", request_id="find-me", event="answered")
    assert (web["method"], web["path"], web["status"]) == ("POST", "/api/batches/", 202)
    worker = events(told, "worker", request_id="find-me", event="task_started")
    assert {one["task"].rpartition(".")[2] for one in worker} == {"split", "score", "assemble"}
    made = "\n".join(statements(told, "find-me"))
    assert 'INSERT INTO "batches_batch"' in made  # by the web process
    assert 'UPDATE "batches_batchchunk"' in made  # by a worker


def test_a_training_run_keeps_the_id_of_the_request_that_asked_for_it(db: None) -> None:
    """In the worker, whoever told it, and in the process that trains."""
    run = TrainingRun.objects.create(
        predictor="homes", recipe="none-such", forced=True, request_id="train-me"
    )
    with bound_contextvars(request_id=""), alone("homes"):  # somebody else trains
        supervise(run.pk)
        assert request_ids.current() == "train-me"
    TrainingRun.objects.filter(pk=run.pk).update(state="running", started_at=Now())
    with bound_contextvars(request_id=""):
        with pytest.raises(DomainError):
            carry_out_claimed(run.pk)
        assert request_ids.current() == "train-me"


def test_every_line_of_web_and_worker_is_an_object_with_the_same_members(told: Live) -> None:
    send(told, "GET", "/")
    found = [*events(told, "web"), *events(told, "worker")]
    for event in found:
        first = ["timestamp", "level", "event", "logger"]
        assert list(event)[:4] == first
        assert event["pid"]
    # gunicorn's parent too, which knows nothing of Django.
    assert any("Booting worker" in one["event"] for one in events(told, "web"))
    others = [line for line in told.output if re.match(r"\S+ web +\| (?!\{)", line)]
    assert others == []


def test_an_answered_question_leaves_no_line_and_other_requests_leave_one(
    told: Live, home: dict[str, Any]
) -> None:
    question = json.dumps(home).encode()
    named = {"X_Request_ID": "question-1", "Content_Type": "application/json"}
    assert send(told, "POST", "/api/predict/", question, **named).status == 200
    send(told, "POST", "/api/predict/", b"{", X_Request_ID="no-json")  # has no row
    for number, path in enumerate(("/livez", "/static/admin/css/base.css", "/nothing-there")):
        send(told, "GET", path, X_Request_ID=f"other-{number}")
    wait_until(lambda: events(told, "web", request_id="other-2") != [])
    told_of = {event.get("request_id") for event in events(told, "web", event="answered")}
    assert told_of.isdisjoint({"question-1", "other-0", "other-1"})
    assert told_of >= {"other-2", "no-json"}
    # Its row of the log is found in the database's log by the id among the values.
    assert "'question-1'" in (told.var / "postgres" / "log").read_text()


def test_requests_at_the_same_time_keep_their_ids_apart(told: Live) -> None:
    ids = [f"at-once-{number}" for number in range(50)]

    def ask(name: str) -> str | None:
        answer = send(told, "POST", "/api/predict/", b"{", X_Request_ID=name)
        return answer.headers["X-Request-ID"]

    def lines() -> list[str]:
        found = [event.get("request_id", "") for event in events(told, "web", event="answered")]
        return sorted(name for name in found if name.startswith("at-once-"))

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, ids)) == ids
    wait_until(lambda: len(lines()) >= len(ids))
    assert lines() == sorted(ids)


def test_nothing_secret_is_logged(told: Live) -> None:
    body = f'{{"username": "olga", "password": "{SECRET}"}}'.encode()
    secret = {"Authorization": f"Bearer {SECRET}", "Cookie": f"sessionid={SECRET}"}
    for path in ("/api/predict/", "/api/models/homes/train/", f"/admin/login/?next={SECRET}"):
        send(told, "POST", path, body, **secret, X_Request_ID="last")
    wait_until(lambda: len(events(told, "web", request_id="last")) >= 2)
    assert SECRET not in told.text


def test_a_path_cannot_forge_a_line(told: Live) -> None:
    send(told, "GET", "/%0d%0a%1b%5b31mforged", X_Request_ID="forger")
    wait_until(lambda: events(told, "web", request_id="forger") != [])
    (event,) = events(told, "web", request_id="forger")
    assert event["path"] == "/\r\n\x1b[31mforged"
    assert not any("forged" in line and "\x1b" in line for line in told.output)


def written(form: str) -> str:
    """What a library that logs, and code that fails, leave behind."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(form))
    logger = logging.Logger("somewhere")
    logger.addHandler(handler)
    with bound_contextvars(request_id="r-1"):
        logger.warning("said: %s", FORGED)
        try:
            raise ValueError(FORGED)
        except ValueError:
            logger.exception("failed")
    return stream.getvalue()


def test_as_json_an_event_is_one_line_even_with_a_traceback() -> None:
    said, failed = map(json.loads, written("json").splitlines())
    assert said["event"] == f"said: {FORGED}"
    assert (failed["level"], failed["request_id"]) == ("error", "r-1")
    assert "ValueError" in failed["exception"]


def test_for_people_what_a_client_wrote_begins_no_line() -> None:
    lines = written("line").splitlines()
    starts = [line for line in lines if not line.startswith("    ")]
    assert [start.split(" ")[1] for start in starts] == ["WARNING", "ERROR"]
    assert all("request_id=r-1" in start for start in starts)
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("form", ["json", "line"])
def test_a_task_that_failed_where_nothing_is_handled_has_its_traceback(form: str) -> None:
    """As the main process of a worker tells it: a task that took too long, say."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(form))
    logger = logging.getLogger("django_structlog.celery.receivers")
    logger.addHandler(handler)
    try:
        raise TimeoutError("it took too long")
    except TimeoutError as error:
        failure = error
    CeleryReceiver().receiver_task_failure(task_id="t-1", exception=failure)
    logger.removeHandler(handler)
    text = stream.getvalue()
    if form == "json":
        event = json.loads(text)
        assert (event["event"], event["task_id"]) == ("task_failed", "t-1")
        text = event["exception"]
    else:
        assert text.count("task_failed") == 1 and "task_id=t-1" in text
    assert "Traceback" in text and "TimeoutError: it took too long" in text


def test_for_people_a_value_cannot_pass_for_another() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter("line"))
    somewhere = logging.Logger("somewhere")
    somewhere.addHandler(handler)
    logger = structlog.wrap_logger(
        somewhere,
        [ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logger.warning("answered", path='/a status=200 "b"\n', status=404, caller="olga")
    assert stream.getvalue().endswith(
        r"""answered path="/a status=200 \"b\"\n" status=404 caller=olga""" + "\n"
    )


def name_of_statement() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('application_name')")
        return str(cursor.fetchone()[0])


def test_statements_have_the_name_of_what_they_are_made_for(db: None) -> None:
    assert name_of_statement() == "housing"
    with bound_contextvars(request_id="r-1", task_id="t-1"):
        assert name_of_statement() == "housing r-1"
    with bound_contextvars(task_id="t-1"):
        assert name_of_statement() == "housing t-1"
    with bound_contextvars(request_id="x" * 128):
        assert name_of_statement() == "housing " + "x" * 55
    assert name_of_statement() == "housing"


def test_a_transaction_that_fails_takes_its_name_with_it(db: None) -> None:
    with bound_contextvars(request_id="r-2"):
        with pytest.raises(DatabaseError, match="division"), transaction.atomic():
            assert name_of_statement() == "housing r-2"
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        assert name_of_statement() == "housing r-2"


def test_a_task_that_is_sent_again_goes_on_for_the_request_of_its_job(
    api: Client, active_version: Any
) -> None:
    sent = api.post("/api/batches/", FILE, content_type="text/csv", headers={"X-Request-ID": "r-3"})
    assert sent.status_code == 202, sent.content
    assert request_ids.current() == ""  # the request is over
    with bound_contextvars():
        split(sent.json()["id"])
        assert request_ids.current() == "r-3"
    structlog.contextvars.clear_contextvars()
