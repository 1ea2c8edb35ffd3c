"""GET /api/models/homes/serving/: what answers in every web process, in a running service."""

import base64
import http.client
import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.test import Client

from modelregistry.models import ModelVersion, ServingProcess
from tests.live import Live, wait_until

PATH = "/api/models/homes/serving/"


def serving(live: Live) -> Any:
    status, body = live.get(PATH)
    assert status == 200
    return body


def post(live: Live, path: str, body: Any = None) -> tuple[int, Any]:
    """As the admin whose password `bin/up` showed."""
    found = re.search(r"user admin, password (\S+)", live.text)
    assert found
    proof = base64.b64encode(f"admin:{found[1]}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=30)
    headers = {"Authorization": f"Basic {proof}", "Content-Type": "application/json"}
    content = b"" if body is None else json.dumps(body).encode()
    connection.request("POST", f"/api/models/homes/{path}", content, headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


@pytest.fixture(scope="module")
def first(live: Live) -> int:
    """A version that is active."""
    number = live.another_version()
    assert post(live, f"{number}/activate/")[0] == 200
    return number


def answers(live: Live, version: int) -> bool:
    found = serving(live)
    versions = {process["version"] for process in found["processes"]}
    return bool(found["converged"]) and versions == {version}


def test_it_works(live: Live, first: int) -> None:
    """A switch over HTTP reaches every process, and so does the way back."""
    second = live.another_version()
    wait_until(lambda: answers(live, first))
    status, body = post(live, f"{second}/activate/", {"reason": "spring prices"})
    assert (status, body["from"], body["to"]) == (200, first, second)
    wait_until(lambda: answers(live, second))
    status, body = post(live, "rollback/")
    assert (status, body["from"], body["to"]) == (200, second, first)
    wait_until(lambda: answers(live, first))
    processes = serving(live)["processes"]
    assert len({process["pid"] for process in processes}) == 2
    for process in processes:
        assert process["host"] and process["since"] <= process["seen_at"]
        assert (process["engine"], process["fault"]) == ("fast", "")


def test_a_version_that_cannot_be_loaded_is_seen_here_and_the_old_one_answers(
    live: Live, first: int, home: dict[str, Any]
) -> None:
    broken = live.another_version()
    with live.database() as database:
        database.execute(
            "UPDATE modelregistry_modelversion SET is_active = (version = %(broken)s), "
            "model_file = CASE version WHEN %(broken)s THEN 'nowhere' ELSE model_file END "
            "WHERE predictor = 'homes'",
            {"broken": broken},
        )
    try:
        wait_until(lambda: {bool(row["fault"]) for row in serving(live)["processes"]} == {True})
        found = serving(live)
        assert not found["converged"] and found["active"]["version"] == broken
        assert {row["version"] for row in found["processes"]} == {first}
        assert "cannot be read" in found["processes"][0]["fault"]
        status, answer = live.post("/api/predict/", home)
        assert (status, answer["model"]["version"]) == (200, first)
    finally:
        assert post(live, "rollback/")[0] == 200
    wait_until(lambda: answers(live, first))
    history = live.get(f"/api/models/homes/{broken}/")[1]["history"]
    assert [row["actor"] for row in history] == ["admin (API)", "sql"]
    with live.database() as database:  # others back this service up
        database.execute(
            "UPDATE modelregistry_modelversion SET model_file = (SELECT model_file FROM "
            "modelregistry_modelversion WHERE predictor = 'homes' AND version = %s) "
            "WHERE predictor = 'homes' AND version = %s",
            [first, broken],
        )


def process(version: ModelVersion, **more: Any) -> ServingProcess:
    return ServingProcess.objects.create(
        process=uuid4(), host="web-1", pid=7, predictor="homes", model_version=version, **more
    )


def test_without_any_process_nothing_has_converged(api: Client, active_version: Any) -> None:
    found = api.get(PATH).json()
    assert (found["processes"], found["converged"]) == ([], False)
    assert found["active"]["version"] == active_version.version


def test_a_process_that_was_not_seen_for_15_seconds_is_gone(
    api: Client, active_version: ModelVersion
) -> None:
    process(active_version)
    process(active_version, seen_at=Now() - timedelta(seconds=16))
    assert len(api.get(PATH).json()["processes"]) == 1


def test_one_process_behind_and_it_has_not_converged(
    api: Client, active_version: ModelVersion
) -> None:
    process(active_version)
    assert api.get(PATH).json()["converged"] is True
    ServingProcess.objects.create(process=uuid4(), host="web-2", pid=7, predictor="homes")
    assert api.get(PATH).json()["converged"] is False
