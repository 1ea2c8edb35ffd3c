"""/api/models/<predictor>/<version>/shadow/ and …/shadows/."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils.http import urlencode
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from learning.resampling import paired_bootstrap
from modelregistry.models import ModelVersion
from predictions.models import Prediction
from predictions.outcomes.models import Outcome
from predictions.shadow.models import Shadow, ShadowAnswer
from predictions.shadow.schemas import SCHEMAS
from predictions.shadow.services import set_shadow
from tests.predictions.registering import registered

from .conftest import JSON, all_scored, example_homes

URL = "/api/models/homes/2/shadow/"
Ask = Callable[..., list[dict[str, Any]]]


def strictly(text: bytes) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    return json.loads(text, parse_constant=refuse)


def faults(api: Client, name: str, value: Any) -> list[str]:
    components = api.get("/api/schema/?format=json").json()["components"]
    reference = {"$ref": f"#/components/schemas/{name}", "components": components}
    return [error.message for error in Draft202012Validator(reference).iter_errors(value)]


def post(client: Client, path: str, body: Any = "") -> Any:
    return client.post(path, body, content_type=JSON)


def compared(api: Client, **query: str) -> dict[str, Any]:
    response = api.get(f"{URL}?{urlencode(query)}")
    assert response.status_code == 200, response.content
    found: dict[str, Any] = strictly(response.content)
    return found


def test_it_works(operator: Client, api: Client, other: ModelVersion, ask: Ask) -> None:
    """Set, compared, ended; done twice nothing changes."""
    first = post(operator, URL, {"reason": "before it may answer"})
    again = post(operator, URL)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["is_shadow"] is True
    assert (first.json()["set_by"], first.json()["reason"]) == (
        "olga (API)",
        "before it may answer",
    )
    before = [answer["prediction"] for answer in ask(5)]
    all_scored()
    assert compared(api)["answered"] == 5
    ends = [operator.delete(URL) for _ in range(2)]
    assert [end.status_code for end in ends] == [200, 200]
    assert ends[0].json() == ends[1].json()
    assert (ends[0].json()["is_shadow"], ends[0].json()["ended_by"]) == (False, "olga (API)")
    assert [answer["prediction"] for answer in ask(5)] == before
    assert compared(api)["answered"] == 5
    listed = api.get("/api/models/homes/shadows/").json()
    assert [one["version"] for one in listed["shadows"]] == [2]
    assert faults(api, "Shadows", listed) == []


def test_set_again_it_begins_anew(operator: Client, api: Client, other: Any, ask: Ask) -> None:
    for count in (1, 2):
        assert post(operator, URL).status_code == 201
        ask(count)
        all_scored()
        assert compared(api)["requests"] == count
        operator.delete(URL)
    assert len(api.get("/api/models/homes/shadows/").json()["shadows"]) == 2


def test_only_staff_with_the_permission(api: Client, other: ModelVersion) -> None:
    assert post(api, URL).status_code == api.delete(URL).status_code == 401
    assert not Shadow.objects.exists()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("homes/1", 409, "already-active"),
        ("homes/9", 404, "unknown-version"),
        ("horses/1", 404, "unknown-predictor"),
    ],
)
def test_what_cannot_be_a_shadow(
    operator: Client, other: ModelVersion, path: str, status: int, code: str
) -> None:
    response = post(operator, f"/api/models/{path}/shadow/")
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_what_failed_at_the_gate_cannot_be_one(operator: Client, other: ModelVersion) -> None:
    ModelVersion.objects.filter(pk=other.pk).update(gate="failed", gate_reason="too slow")
    response = post(operator, URL)
    assert (response.status_code, response.json()["code"]) == (422, "gate-failed")


def test_three_at_most(operator: Client, other: ModelVersion, tmp_path: Path) -> None:
    for _ in range(3):
        registered(tmp_path, ["bedrooms"])
    found = [post(operator, f"/api/models/homes/{number}/shadow/") for number in (2, 3, 4, 5)]
    assert [response.status_code for response in found] == [201, 201, 201, 409]
    assert found[3].json()["code"] == "too-many-shadows"
    operator.delete("/api/models/homes/3/shadow/")
    assert post(operator, "/api/models/homes/5/shadow/").status_code == 201


def test_what_has_never_been_one(operator: Client, api: Client, other: ModelVersion) -> None:
    for response in (api.get(URL), operator.delete(URL)):
        assert (response.status_code, response.json()["code"]) == (404, "never-a-shadow")
    assert api.get("/api/models/homes/shadows/").json()["shadows"] == []


def test_the_differences_are_those_of_numpy(
    api: Client, shadow: Shadow, ask: Ask, minimal_home: dict[str, Any]
) -> None:
    ask(60)
    all_scored()
    rows = list(ShadowAnswer.objects.values_list("live_prediction", "shadow_prediction", "groups"))
    live, other = (np.array([row[place] for row in rows]) for place in (0, 1))
    found = compared(api)
    assert faults(api, "ShadowComparison", found) == []
    assert (found["requests"], found["answered"], found["answered_share"]) == (60, 60, 100)
    percent = 100 * (other - live) / live
    for values, figures in (
        (other - live, found["difference"]),
        (percent, found["difference_percent"]),
    ):
        expected = {
            "median": np.median(values),
            "mean": values.mean(),
            "p5": np.quantile(values, 0.05),
            "p95": np.quantile(values, 0.95),
        }
        assert {name: figures[name] for name in expected} == pytest.approx(expected)
    size = abs(percent)
    assert found["difference_percent"]["median_size"] == pytest.approx(np.median(size))
    for limit in (5, 10, 20):
        share = 100 * np.mean(size > limit)
        assert found["difference_percent"][f"beyond_{limit}"] == pytest.approx(share)
    zipcodes = np.array([row[2]["zipcode"] for row in rows])
    assert sum(group["requests"] for group in found["groups"]) == 60
    counts = [group["requests"] for group in found["groups"]]
    assert counts == sorted(counts, reverse=True)
    for group in found["groups"]:
        mine = percent[zipcodes == group["value"]]
        assert (group["name"], group["requests"]) == ("zipcode", len(mine))
        assert group["median_percent"] == pytest.approx(np.median(mine))
    latency = found["latency"]
    logged = np.array(Prediction.objects.values_list("latency_ms", flat=True))
    assert latency["request_ms"]["p95"] == pytest.approx(np.quantile(logged, 0.95))
    assert latency["timed"] > 0
    assert all(latency[name]["p50"] > 0 for name in ("live_model_ms", "shadow_model_ms"))


def test_errors_are_counted_by_kind(
    operator: Client, api: Client, minimal_home: dict[str, Any], tmp_path: Path, ask: Ask
) -> None:
    version = registered(tmp_path, ["yr_built", "sqft_living"])
    set_shadow(predictor="homes", version=version.version, actor="test")
    for home in example_homes()[:3]:
        small = {name: home[name] for name in minimal_home}
        assert api.post("/api/predict/minimal/", small, content_type=JSON).status_code == 200
    ask(1)
    all_scored()
    found = compared(api)
    assert (found["requests"], found["answered"], found["answered_share"]) == (4, 1, 25)
    assert [error["requests"] for error in found["errors"]] == [3]
    assert "the request has no yr_built" in found["errors"][0]["error"]


def outcome(prediction_id: str, version: ModelVersion, actual: float) -> Outcome:
    return Outcome(
        prediction_id=prediction_id,
        predictor="homes",
        model_version=version,
        prediction=1.0,
        actual=actual,
        date=date(2026, 5, 1),
        predicted_at=datetime.now(UTC),
        recorded_at=datetime.now(UTC),
        source="api",
        is_synthetic=True,
    )


def test_the_errors_are_those_computed_by_hand(
    api: Client, shadow: Shadow, ask: Ask, active_version: ModelVersion
) -> None:
    """Of both on the same homes: those of which it is known, and which the shadow answered."""
    answers = ask(50)
    all_scored()
    ShadowAnswer.objects.filter(prediction_id=answers[0]["id"]).update(
        shadow_prediction=None, error="no"
    )
    actual = {answer["id"]: 300_000.0 + 1_000 * n for n, answer in enumerate(answers[:40])}
    made = [outcome(name, active_version, price) for name, price in actual.items()]
    Outcome.objects.bulk_create(made)
    rows = [
        (actual[str(name)], live, other)
        for name, live, other in ShadowAnswer.objects.filter(error="")
        .order_by("-prediction_id")
        .values_list("prediction_id", "live_prediction", "shadow_prediction")
        if str(name) in actual
    ]
    truth, live, other = np.array(rows).T
    found = compared(api)["outcomes"]
    assert found["known"] == 39

    def mdape(actual: Any, predicted: Any) -> dict[str, float]:
        return {"mdape": float(100 * np.median(abs(predicted - actual) / actual))}

    for name, predicted in (("live", live), ("shadow", other)):
        off = abs(predicted - truth) / truth
        assert found[name]["mdape"] == pytest.approx(100 * np.median(off))
        assert found[name]["within_10"] == pytest.approx(100 * np.mean(off <= 0.1))
    expected = paired_bootstrap(mdape, truth, other, live)["mdape"]
    assert found["mdape_difference"] == pytest.approx(expected["difference"])
    assert found["mdape_difference_interval"] == pytest.approx(expected["interval"])


def test_of_few_outcomes_no_interval_is_given(
    api: Client, shadow: Shadow, ask: Ask, active_version: ModelVersion
) -> None:
    answers = ask(3)
    all_scored()
    Outcome.objects.bulk_create([outcome(one["id"], active_version, 4e5) for one in answers])
    found = compared(api)["outcomes"]
    assert (found["known"], found["mdape_difference_interval"]) == (3, None)
    assert isinstance(found["mdape_difference"], float)


def test_before_anything_was_asked_there_are_no_figures(api: Client, shadow: Shadow) -> None:
    found = compared(api)
    assert faults(api, "ShadowComparison", found) == []
    assert (found["requests"], found["answered_share"], found["groups"]) == (0, None, [])
    assert found["difference"]["median"] is None


def test_only_from_a_moment_on(api: Client, shadow: Shadow, ask: Ask) -> None:
    ask(2)
    all_scored()
    hour = timedelta(hours=1)
    for moment, count in ((datetime.now(UTC) + hour, 0), (datetime.now(UTC) - hour, 2)):
        assert compared(api, since=moment.isoformat())["requests"] == count
    for earliest in ("2020-01-01", "0001-01-01T00:00:00+14:00"):
        assert compared(api, since=earliest)["requests"] == 2
    assert compared(api, since="9999-12-31T23:59:59-14:00")["requests"] == 0


def test_a_moment_that_is_none_is_named_with_all_that_is_wrong(api: Client, shadow: Shadow) -> None:
    response = api.get(URL, {"since": "may", "until": "june"})
    assert (response.status_code, response.json()["code"]) == (422, "invalid-input")
    assert [fault["field"] for fault in response.json()["errors"]] == ["until", "since"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_examples_are_as_their_schemas_say(api: Client, name: str) -> None:
    [example] = SCHEMAS[name]["examples"]
    assert faults(api, name, json.loads(json.dumps(example))) == []
