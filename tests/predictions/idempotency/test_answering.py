"""What a key was answered is answered again, and nothing is done again."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from modelregistry.models import ModelVersion
from modelregistry.services import activate_version
from predictions.batches.models import Batch
from predictions.idempotency import services
from predictions.idempotency.models import KeptAnswer
from predictions.idempotency.tasks import remove_old_answers
from predictions.outcomes.models import OutcomeRevision
from tests.predictions.keys.test_keys import made
from tests.predictors.bitcoin.teaching import coming

from .conftest import JSON, Doors, Send, refused, rows, shown

PREDICT = "/api/predict/"
DOORS = (PREDICT, "/api/predict/minimal/", "/api/predict/bulk/", "/api/batches/", "/api/outcomes/")


def traces() -> tuple[int, ...]:
    """All that requests leave behind."""
    counted = (Batch.objects, OutcomeRevision.objects, KeptAnswer.objects)
    return rows(), *(one.count() for one in counted)


@pytest.mark.parametrize("path", DOORS)
def test_it_works(send: Send, doors: Doors, path: str) -> None:
    body, kind, headers = doors[path]
    first = send(path, body, kind=kind, **headers)
    assert first.status_code in (200, 202) and "Idempotency-Replayed" not in first
    left = traces()
    again = send(path, body, kind=kind, **headers)
    assert again["Idempotency-Replayed"] == "true"
    assert shown(again) == shown(first)
    assert again["X-Request-ID"] != first["X-Request-ID"]
    assert traces() == left


@pytest.mark.parametrize("path", DOORS)
def test_another_body_under_the_same_key_is_a_mistake(send: Send, doors: Doors, path: str) -> None:
    body, kind, headers = doors[path]
    first = send(path, body, kind=kind, **headers)
    left = traces()
    other = body + b"\n" if isinstance(body, bytes) else [body]
    response = send(path, other, kind=kind, **headers)
    assert first["X-Request-ID"] in refused(response, 422, "idempotency-mismatch")
    assert traces() == left
    assert shown(send(path, body, kind=kind, **headers)) == shown(first)


@pytest.mark.parametrize("other", ["/api/predict/minimal/", f"{PREDICT}?include=comparables"])
def test_so_is_another_address(send: Send, home: dict[str, Any], other: str) -> None:
    send(PREDICT, home)
    refused(send(other, home), 422, "idempotency-mismatch")


def test_without_a_key_and_with_another_it_is_asked_anew(
    api: Client, send: Send, home: dict[str, Any]
) -> None:
    ids = {send(PREDICT, home, key).json()["id"] for key in ("a", "b")}
    ids |= {api.post(PREDICT, home, content_type=JSON).json()["id"] for _ in range(2)}
    assert (len(ids), rows(), KeptAnswer.objects.count()) == (4, 4, 2)


def test_each_caller_has_keys_of_its_own(send: Send, home: dict[str, Any]) -> None:
    keys = [{"Authorization": f"Bearer {made(name, 'predict')}"} for name in ("one", "two")]
    ids = [send(PREDICT, home, **who).json()["id"] for who in (keys[0], keys[1], keys[0], {})]
    assert ids[2] == ids[0] and len(set(ids)) == 3
    assert set(KeptAnswer.objects.values_list("caller", flat=True)) >= {"key:one", "key:two"}


def test_a_refusal_that_is_in_the_log_is_given_again(send: Send, home: dict[str, Any]) -> None:
    first, again = (send(PREDICT, {**home, "zipcode": "00000"}) for _ in range(2))
    refused(first, 422, "invalid-input")
    assert shown(again) == shown(first) and rows() == 1


@pytest.mark.parametrize(
    ("path", "wrong", "kind"),
    [
        (PREDICT, b"{", JSON),
        (PREDICT, b"x" * 70_000, JSON),
        (PREDICT, b"{}", "text/plain"),
        ("/api/predict/bulk/", b"{}", JSON),
        ("/api/batches/", b"nonsense\n1\n", "text/csv"),
        ("/api/outcomes/", b"[]", JSON),
    ],
)
def test_what_left_nothing_behind_may_be_sent_rightly(
    send: Send, doors: Doors, path: str, wrong: bytes, kind: str
) -> None:
    body, right_kind, headers = doors[path]
    left = traces()
    assert send(path, wrong, kind=kind, **headers).status_code in (400, 413, 415, 422)
    assert traces() == left
    assert send(path, body, kind=right_kind, **headers).status_code in (200, 202)


def test_what_failed_here_may_be_tried_again(
    send: Send, home: dict[str, Any], active_version: ModelVersion
) -> None:
    """Each try has its row: it was tried."""
    ModelVersion.objects.filter(pk=active_version.pk).update(is_active=False)
    for _ in range(2):
        refused(send(PREDICT, home), 503, "no-active-model")
    ModelVersion.objects.filter(pk=active_version.pk).update(is_active=True)
    first, again = send(PREDICT, home), send(PREDICT, home)
    assert first.status_code == 200 and shown(again) == shown(first)
    assert rows() == 3


@pytest.mark.parametrize("path", [PREDICT, "/api/predict/bulk/", "/api/batches/"])
def test_after_a_switch_the_old_answer_stands(
    send: Send, doors: Doors, second: ModelVersion, path: str
) -> None:
    body, kind, _ = doors[path]
    first = send(path, body, kind=kind)
    activate_version(predictor="homes", version=2, actor="test")
    assert shown(send(path, body, kind=kind)) == shown(first)
    assert b'"version":2' in send(path, body, "new", kind).content.replace(b" ", b"")


def test_and_without_any_version_too(send: Send, doors: Doors) -> None:
    for path in DOORS[:4]:
        body, kind, _ = doors[path]
        first = send(path, body, path, kind)
        with transaction.atomic():
            ModelVersion.objects.update(is_active=False)
            assert shown(send(path, body, path, kind)) == shown(first)
            transaction.set_rollback(True)


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 256, "schlüssel", "tab\there"])
@pytest.mark.parametrize("path", [PREDICT, "/api/batches/"])
def test_a_key_that_is_none_is_refused(send: Send, doors: Doors, path: str, key: str) -> None:
    body, kind, _ = doors[path]
    left = traces()
    refused(send(path, body, key, kind), 400, "malformed-idempotency-key")
    assert traces() == left


def test_a_key_may_be_long_or_quoted(send: Send, home: dict[str, Any]) -> None:
    for key in ("x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"'):
        assert send(PREDICT, home, key).json() == send(PREDICT, home, key).json()


def test_elsewhere_the_header_means_nothing(api: Client, send: Send) -> None:
    key = {"Authorization": f"Bearer {made('t', 'train')}"}
    found = [send("/api/bitcoin/seconds/", coming(1), **key).json()["added"] for _ in range(2)]
    assert found == [1, 0]  # it knows by itself what came before
    assert not KeptAnswer.objects.exists()


def test_answers_are_kept_for_so_long_and_no_longer(
    send: Send, home: dict[str, Any], settings: Any
) -> None:
    settings.IDEMPOTENCY_HOURS = 5
    ids = [send(PREDICT, home, key).json()["id"] for key in ("old", "young")]
    for key, hours in (("old", 5), ("young", 4)):
        age = timedelta(hours=hours)
        KeptAnswer.objects.filter(key=key).update(created_at=F("created_at") - age)
    assert remove_old_answers() == 1
    assert send(PREDICT, home, "young").json()["id"] == ids[1]
    assert send(PREDICT, home, "old").json()["id"] not in ids


def test_many_old_answers_go_in_chunks(db: None) -> None:
    moment = timezone.now() - timedelta(days=2)
    KeptAnswer.objects.bulk_create(
        KeptAnswer(
            caller="test", key=str(n), fingerprint=b"", status=200, headers={}, created_at=moment
        )
        for n in range(services.CHUNK * 2 + 1)
    )
    assert remove_old_answers() == services.CHUNK * 2 + 1


def test_what_is_too_large_to_be_kept_is_not_done_again(send: Send) -> None:
    """Unknown names, each of them named in return."""
    item = {f"a{n}": 1 for n in range(380)}
    body = [item] * 150
    first = send("/api/predict/bulk/", body)
    assert len(first.content) > services.MOST_BYTES and first.json()["refused"] == 150
    again = send("/api/predict/bulk/", body)
    assert first["X-Request-ID"] in refused(again, 409, "answer-not-kept")
    assert rows() == 150


def test_who_waits_too_long_is_told_when_to_ask_again(
    send: Send, home: dict[str, Any], settings: Any
) -> None:
    settings.AUDIT_SECONDS = 0
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('idempotency:127.0.0.1:first', 0))")
        response = send(PREDICT, home)
        refused(response, 409, "idempotency-in-progress")
        assert response["Retry-After"] == "1"
        assert send(PREDICT, home, "second").status_code == 200
    assert rows() == 1
    assert send(PREDICT, home).status_code == 200


@pytest.mark.parametrize("status", [199, 500])
def test_the_database_keeps_no_failure(db: None, status: int) -> None:
    kept = KeptAnswer(caller="t", key="k", fingerprint=b"", status=status, headers={})
    with pytest.raises(IntegrityError), transaction.atomic():
        kept.save()


def test_openapi_tells_of_it(api: Client) -> None:
    paths = api.get("/api/schema/?format=json").json()["paths"]
    told = {
        path
        for path, operations in paths.items()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "Idempotency-Key"
        and {"400", "409", "422"} <= operation["responses"].keys()
    }
    assert told == {*DOORS, "/api/bitcoin/predict/", "/predict"}
