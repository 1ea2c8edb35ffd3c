"""Asking a predictor over HTTP: answers, refusals, what is documented and what is logged."""

import json
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from learning.fields import Field, example_of
from modelregistry import artifacts
from modelregistry.models import ModelVersion
from modelregistry.services import activate_version, rollback
from ops.health import readiness_faults
from predictions.contract import Predictor
from predictions.models import Prediction
from predictions.questions import Questions
from predictions.replaying import Selection, replay
from predictions.shadow.models import ShadowAnswer
from predictions.shadow.services import score_all, set_shadow

from .conftest import Ask, Body


def another(version: ModelVersion) -> ModelVersion:
    """The same model under the next number, not active."""
    return ModelVersion.objects.create(
        **{
            field.attname: getattr(version, field.attname)
            for field in ModelVersion._meta.fields
            if field.attname not in ("id", "is_active", "version", "created_at")
        },
        version=ModelVersion.objects.of(version.predictor).latest("version").version + 1,
    )


def logged(answer: Body) -> Prediction:
    return Prediction.objects.get(pk=answer["id"])


def test_it_works(predictor: Predictor, version: ModelVersion, ask: Ask, body: Body) -> None:
    status, answer = ask(body)
    assert status == 200, answer
    assert type(answer[predictor.prediction_key]) in (int, float)
    assert answer["currency"] == predictor.currency
    assert answer["model"] == {
        "predictor": predictor.name,
        "name": version.name,
        "version": version.version,
        "digest": f"sha256:{artifacts.sha256(artifacts.read(str(version.model_file)))}",
    }
    assert answer["data"] == predictor.data_kind()
    assert answer["api_version"]
    assert f"{predictor.name}.model" not in readiness_faults()


def test_a_serving_process_answers_it_past_what_is_only_for_pages(
    predictor: Predictor, ask: Ask, body: Body
) -> None:
    questions = Questions(WSGIHandler())
    assert predictor.address.encode() in questions.addresses()
    request = RequestFactory().post(predictor.address, body, content_type="application/json")
    started: list[str] = []

    def start(status: str, headers: Any, *more: Any) -> Any:
        started.append(status)

    content = questions(request.environ, start)
    answer = json.loads(b"".join(content))
    assert started == ["200 OK"]
    assert answer[predictor.prediction_key] == ask(body)[1][predictor.prediction_key]


def test_it_is_in_the_log_with_what_it_rested_on(
    predictor: Predictor, version: ModelVersion, ask: Ask, body: Body
) -> None:
    _, answer = ask(body)
    row = logged(answer)
    assert (row.predictor, row.endpoint, row.status) == (predictor.name, predictor.address, 200)
    assert (row.request, row.response, row.error) == (body, answer, None)
    assert row.prediction == answer[predictor.prediction_key]
    assert row.model_version == version
    decoded = predictor.decoder(version.feature_names, minimal=False)(body)
    assert row.features == decoded.row[0].tolist()


def test_it_is_computed_again_bit_for_bit(
    predictor: Predictor, version: ModelVersion, ask: Ask, body: Body
) -> None:
    """On the version that answered, and on another one."""
    row = logged(ask(body)[1])
    for number in (None, another(version).version):
        replayed = replay(
            selection=Selection(ids=[row.pk], predictor=predictor.name), version=number
        )
        assert (replayed.equal, replayed.count) == (1, 1), replayed


def test_another_version_answers_when_it_is_activated(
    predictor: Predictor, version: ModelVersion, ask: Ask, body: Body
) -> None:
    other = another(version)
    activate_version(predictor=predictor.name, version=other.version, actor="test")
    assert ask(body)[1]["model"]["version"] == other.version
    rollback(predictor=predictor.name, actor="test")
    assert ask(body)[1]["model"]["version"] == version.version


def test_a_shadow_computes_what_it_would_have_answered(
    predictor: Predictor, version: ModelVersion, ask: Ask, body: Body
) -> None:
    set_shadow(predictor=predictor.name, version=another(version).version, actor="test")
    _, answer = ask(body)
    assert score_all() >= 1
    shadow = ShadowAnswer.objects.get(prediction_id=answer["id"])
    assert (shadow.error, shadow.shadow_prediction) == ("", answer[predictor.prediction_key])


def test_a_wrong_request_is_refused_with_every_fault_and_logged(
    predictor: Predictor, ask: Ask, required: list[Field]
) -> None:
    body = example_of(predictor.fields()) | {required[0].name: None, "colour": "red"}
    status, problem = ask(body)
    assert (status, problem["code"]) == (422, "invalid-input")
    assert {fault["field"] for fault in problem["errors"]} == {required[0].name, "colour"}
    row = logged(problem)
    assert (row.status, row.request, row.prediction) == (422, body, None)
    assert row.error["errors"] == problem["errors"]


@pytest.mark.parametrize(
    ("body", "refusal"), [(b'"?"', 422), (b"7", 422), (b"{", 400), (b"\xff", 400)]
)
def test_what_is_no_request_is_refused(ask: Ask, body: bytes, refusal: int) -> None:
    status, problem = ask(body)
    assert (status, "id" in problem) == (refusal, refusal == 422)


def test_without_a_model_it_says_so(predictor: Predictor, ask: Ask, body: Body) -> None:
    ModelVersion.objects.of(predictor.name).update(is_active=False)
    status, problem = ask(body)
    assert (status, problem["code"]) == (503, "no-active-model")
    assert logged(problem).request == body
    assert f"{predictor.name}.model" in readiness_faults()


def test_questions_and_answers_are_as_documented(
    predictor: Predictor, api: Client, ask: Ask, body: Body, required: list[Field]
) -> None:
    document: dict[str, Any] = api.get("/api/schema/?format=json").json()
    operation = document["paths"][predictor.address]["post"]
    assert operation["summary"] and operation["tags"]

    def fits(content: dict[str, Any], value: Any) -> bool:
        ((_, media),) = content.items()
        schema = media["schema"] | {"components": document["components"]}
        return bool(Draft202012Validator(schema).is_valid(value))

    sent = operation["requestBody"]["content"]
    assert fits(sent, body)
    assert not fits(sent, body | {"colour": "red"})
    wrong = example_of(predictor.fields()) | {required[0].name: None}
    for asked in (body, wrong, {}):
        status, answer = ask(asked)
        assert fits(operation["responses"][str(status)]["content"], answer)
    for name in predictor.schemas:
        assert document["components"]["schemas"][name] == predictor.schemas[name]
