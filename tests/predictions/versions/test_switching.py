"""POST …/activate/ and …/rollback/."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.test import Client

from modelregistry.models import Activation, ModelVersion
from tests.live import wait_until
from tests.predictions.conftest import OwnDatabase
from tests.predictions.versions.conftest import Post, another

SOMEBODY_WAITS = """
SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


def test_it_works(
    post: Post, api: Client, active_version: ModelVersion, second: ModelVersion, home: Any
) -> None:
    response = post("homes/2/activate/", {"reason": "better on waterfront"})
    assert response.status_code == 200
    answer = response.json()
    assert (answer["from"], answer["to"]) == (1, 2)
    assert (answer["version"]["version"], answer["version"]["is_active"]) == (2, True)
    valued = api.post("/api/predict/", home, content_type="application/json").json()
    assert valued["model"]["version"] == 2
    row = Activation.objects.latest("id")
    assert (row.actor, row.reason) == ("olga (API)", "better on waterfront")


def test_rolling_back_twice_goes_two_versions_back(post: Post, second: ModelVersion) -> None:
    third = another()
    for version in (second, third):
        assert post(f"homes/{version.version}/activate/").status_code == 200
    switched = [post("homes/rollback/", {"reason": "worse"}).json() for _ in range(2)]
    assert [(answer["from"], answer["to"]) for answer in switched] == [(3, 2), (2, 1)]
    assert Activation.objects.latest("id").reason == "rollback: worse"
    third_time = post("homes/rollback/")
    assert (third_time.status_code, third_time.json()["code"]) == (409, "nothing-to-roll-back")
    assert ModelVersion.objects.active("homes").get().version == 1


def test_activating_the_active_version_changes_nothing(
    post: Post, active_version: ModelVersion
) -> None:
    before = Activation.objects.count()
    answer = post("homes/1/activate/").json()
    assert (answer["from"], answer["to"]) == (None, 1)
    assert Activation.objects.count() == before


def test_a_version_that_failed_at_the_gate_is_not_activated(
    post: Post, second: ModelVersion
) -> None:
    ModelVersion.objects.filter(pk=second.pk).update(gate="failed", gate_reason="too slow")
    response = post("homes/2/activate/")
    assert (response.status_code, response.json()["code"]) == (422, "gate-failed")
    assert "too slow" in response.json()["detail"]


def test_a_version_that_cannot_be_loaded_is_not_activated(post: Post, second: ModelVersion) -> None:
    ModelVersion.objects.filter(pk=second.pk).update(model_file="homes/nowhere/model.pkl")
    response = post("homes/2/activate/")
    assert (response.status_code, response.json()["code"]) == (503, "model-unavailable")
    assert ModelVersion.objects.active("homes").get().version == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("homes/99/activate/", "unknown-version"),
        ("horses/1/activate/", "unknown-predictor"),
        ("horses/rollback/", "unknown-predictor"),
    ],
)
def test_what_is_not_there_is_a_404(post: Post, path: str, code: str) -> None:
    response = post(path)
    assert (response.status_code, response.json()["code"]) == (404, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "malformed-json"),
        ("\x00", 400, "malformed-json"),
        ("[" * 5000, 400, "malformed-json"),
        ('{"reason":"a","reason":"b"}', 400, "malformed-json"),
        ('{"reason":"\\ud800"}', 400, "malformed-json"),
        ("[]", 422, "not-an-object"),
        ('"because"', 422, "not-an-object"),
        (json.dumps({"reason": 5}), 422, "invalid-input"),
        (json.dumps({"reason": None}), 422, "invalid-input"),
        (json.dumps({"reason": "x" * 1001}), 422, "invalid-input"),
        (json.dumps({"reason": "a\x00b"}), 422, "invalid-input"),
        (json.dumps({"reasons": "typo", "\x00": 1}), 422, "invalid-input"),
        (json.dumps({"reason": "x" * 100_000}), 413, "body-too-large"),
    ],
)
@pytest.mark.parametrize("path", ["homes/2/activate/", "homes/rollback/"])
def test_a_body_that_is_no_reason_is_refused_and_nothing_changes(
    post: Post, second: ModelVersion, path: str, body: str, status: int, code: str
) -> None:
    response = post(path, body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert ModelVersion.objects.active("homes").get().version == 1


def test_every_wrong_field_is_named(post: Post) -> None:
    errors = post("homes/rollback/", {"reason": 1, "force": True}).json()["errors"]
    assert {error["field"] for error in errors} == {"reason", "force"}


def test_an_empty_body_needs_no_content_type(post: Post, second: ModelVersion) -> None:
    assert post("homes/2/activate/", b"", content_type="text/plain").status_code == 200


def test_another_content_type_is_refused(post: Post) -> None:
    response = post("homes/rollback/", "reason=x", content_type="text/plain")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type")


def test_who_switches_by_sql_meanwhile_is_waited_for_and_overridden(
    own_database: OwnDatabase,
) -> None:
    def switch(connection: psycopg.Connection[Any], number: int) -> None:
        connection.execute(
            "UPDATE modelregistry_modelversion SET is_active = (version = %s) "
            "WHERE predictor = 'homes'",
            [number],
        )

    with own_database.connect() as database, ThreadPoolExecutor() as aside:
        last = database.execute(
            "SELECT max(version) FROM modelregistry_modelversion WHERE predictor = 'homes'"
        ).fetchone()
        assert last
        theirs, ours = last[0] + 1, last[0] + 2
        database.execute(
            "INSERT INTO modelregistry_modelversion SELECT (jsonb_populate_record(v, "
            "jsonb_build_object('id', n + 1000000, 'version', n, 'is_active', false))).* "
            "FROM modelregistry_modelversion v, unnest(%s::int[]) AS n "
            "WHERE v.version = 1 AND v.predictor = 'homes'",
            [[theirs, ours]],
        )
        with database.transaction():
            switch(database, theirs)
            done = aside.submit(own_database.manage, "activate_model", "homes", str(ours))
            with own_database.connect() as onlooker:
                wait_until(lambda: onlooker.execute(SOMEBODY_WAITS).fetchone() is not None, 60)
        assert done.result().returncode == 0, done.result()
        active = database.execute(
            "SELECT version FROM modelregistry_modelversion WHERE is_active AND predictor = 'homes'"
        )
        assert active.fetchall() == [(ours,)]
        switch(database, 1)
