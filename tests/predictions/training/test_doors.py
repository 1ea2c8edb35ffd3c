"""The API of training runs, without a worker: what is asked, refused and shown."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from predictions.training.models import TrainingRun
from tests.predictions.versions.conftest import staff

Post = Callable[..., Any]
TRAIN = "/api/models/homes/train/"
JSON = "application/json"


@pytest.fixture
def trainer(quick_passwords: None, db: None) -> dict[str, str]:
    """May train, and nothing else."""
    return staff("tom", "add_trainingrun")


@pytest.fixture
def post(api: Client, trainer: dict[str, str]) -> Post:
    def send(path: str, body: Any = "", **more: Any) -> Any:
        return api.post(path, body, content_type=JSON, **{"headers": trainer, **more})

    return send


def test_it_works(api: Client, post: Post) -> None:
    response = post(TRAIN, {"recipe": "champion", "forced": True})
    assert response.status_code == 202
    run = response.json()
    assert response["Location"] == run["url"]
    asked = ("state", "recipe", "forced", "trigger", "requested_by", "version")
    assert [run[name] for name in asked] == ["queued", "champion", True, "api", "tom", None]
    assert api.get(run["url"]).json() == run
    newest = api.get("/api/training/?predictor=homes").json()["runs"][0]
    assert newest.items() <= run.items()


def test_without_a_word_the_recipe_is_that_of_the_active_version(
    post: Post, champion_version: Any
) -> None:
    assert post(TRAIN).json()["recipe"] == "champion"


def test_a_second_request_is_told_which_run_there_is(post: Post) -> None:
    run = post(TRAIN).json()
    second = post(TRAIN, {"recipe": "champion"})
    assert second.status_code == 409
    problem = second.json()
    assert problem["code"] == "training-already-runs"
    assert (problem["run"], problem["url"]) == (run["id"], run["url"])


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"recipe": "soup"}, {"recipe"}),
        ({"recipe": ["basic"], "forced": 1, "speed": 9}, {"recipe", "forced", "speed"}),
        ({"recipe": None}, {"recipe"}),
        ({"recipe": ""}, {"recipe"}),
    ],
)
def test_every_wrong_field_is_named(post: Post, body: Any, fields: set[str]) -> None:
    response = post(TRAIN, body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid-input")
    assert {error["field"] for error in response.json()["errors"]} == fields
    assert not TrainingRun.objects.open().exists()


@pytest.mark.parametrize(
    ("body", "status"), [("[]", 422), ("1", 422), ("{", 400), ('{"forced": NaN}', 422)]
)
def test_what_is_no_order_is_refused(post: Post, body: str, status: int) -> None:
    assert post(TRAIN, body).status_code == status


def test_what_is_not_there_is_named(api: Client, post: Post) -> None:
    for response, code in (
        (post("/api/models/boats/train/"), "unknown-predictor"),
        (api.get("/api/training/?predictor=boats"), "unknown-predictor"),
        (api.get("/api/training/999999999999999999999/"), "unknown-training-run"),
        (api.get("/api/training/0/"), "unknown-training-run"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, code)


def test_who_may_train_may_neither_cancel_nor_promote(post: Post) -> None:
    run = post(TRAIN).json()
    assert post(f"{run['url']}cancel/").status_code == 403
    assert post("/api/models/homes/1/activate/").status_code == 403


def test_who_may_promote_may_not_train(post: Post) -> None:
    promoter = staff("pia", "change_modelversion", "change_trainingrun", "add_modelversion")
    response = post(TRAIN, headers=promoter)
    assert response.status_code == 403
    assert "training.add_trainingrun" in response.json()["detail"]


def test_a_run_that_waits_is_cancelled_at_once_and_twice_is_once(post: Post) -> None:
    run = post(TRAIN).json()
    canceller = staff("cora", "change_trainingrun")
    for _ in range(2):
        response = post(f"{run['url']}cancel/", headers=canceller)
        assert response.status_code == 202
        assert response.json()["summary"] == "cancelled by cora (API)"
    assert post(TRAIN).status_code == 202


def test_a_run_that_has_ended_is_not_cancelled(api: Client, post: Post) -> None:
    first = TrainingRun.objects.filter(state="succeeded").first()  # by train_model
    assert first is not None
    canceller = staff("cora", "change_trainingrun")
    response = post(f"/api/training/{first.pk}/cancel/", headers=canceller)
    assert (response.status_code, response.json()["code"]) == (409, "training-finished")
    assert response.json()["state"] == "succeeded"
