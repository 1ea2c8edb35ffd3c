"""What cannot be scored at all is refused at once, by name, and nothing of it is kept."""

import os
import resource
import uuid
from contextlib import ExitStack
from copy import copy as copy_model
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from modelregistry.models import ModelVersion
from predictions.batches import services
from predictions.batches.intake import place, remove_files
from predictions.batches.models import Batch, batch_storage
from tests.predictions.batches.conftest import CSV, PATH, Asking
from tests.predictions.versions.conftest import another

GOOD = b"bedrooms,bathrooms,sqft_living,sqft_lot,floors,sqft_above,sqft_basement,zipcode\n"
BOM = b"\xef\xbb\xbf"
ROW = b"4,1.0,1680,5043,1.5,1680,0,98118\n"


def folders() -> set[str]:
    folder = Path(django_settings.VAR) / "batches"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.fixture(autouse=True)
def _nothing_is_kept(db: None) -> Any:
    before = folders()
    yield
    assert not Batch.objects.exists()
    assert folders() == before


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    assert (response.status_code, response.json()["code"]) == (status, code), response.content
    assert response["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (GOOD, "no rows"),
        ((GOOD + ROW).decode().encode("utf-16"), "UTF-16"),
        ((GOOD + ROW).decode().encode("utf-16-le"), "UTF-16"),
        (GOOD + ROW + b"caf\xe9\n", "not UTF-8"),
        (b"PK\x03\x04 and so on", "workbook"),
        (b"\x1f\x8b and so on", "gzip"),
        (b"PAR1 and so on", "Parquet"),
        (b"x" * 70_000, "no header"),
        # Cut off by the end of what is looked at, as `yes`.
        (
            BOM + GOOD[:-1] + b"," + b"y" * (65_533 - len(GOOD)) + b"no\n" + ROW,
            "header",
        ),
        (b'"bedrooms" and "bathrooms"\n' + ROW, "no header"),
    ],
)
def test_another_kind_of_file_is_named(asking: Asking, content: bytes, said: str) -> None:
    assert said in refused(asking.send(content), 422, "invalid-file")["detail"]


def test_it_works(asking: Asking) -> None:
    """All that is wrong with the columns is said at once."""
    header = GOOD.replace(b"zipcode", b"zip,zip,ppltn_qty,prediction")
    problem = refused(asking.send(header + ROW), 422, "invalid-file")
    found = {error["field"]: error["detail"] for error in problem["errors"]}
    assert found == {
        "zip": "2 columns have this name",
        "ppltn_qty": "the server joins this by itself; do not send it",
        "prediction": "the results have a column of this name",
        "zipcode": "the column is missing",
    }


def test_json_lines_without_objects_are_refused(asking: Asking) -> None:
    problem = refused(asking.send(b"1\n2\n", "application/jsonl"), 422, "invalid-file")
    assert "JSON object" in problem["detail"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("application/json", {}),
        ("text/plain", {}),
        ("text/csv; charset=utf-16", {}),
        (CSV, {"headers": {"Content-Encoding": "gzip"}}),
    ],
)
def test_another_media_type_is_refused(asking: Asking, kind: str, more: Any) -> None:
    refused(asking.send(GOOD + ROW, kind, **more), 415, "unsupported-media-type")


@pytest.mark.parametrize("query", ["?model=latest", "?model=-1", "?model="])
def test_what_is_no_version_is_refused(asking: Asking, query: str) -> None:
    problem = refused(asking.send(GOOD + ROW, query=query), 422, "invalid-input")
    assert problem["errors"][0]["field"] == "model"


def test_unknown_versions_and_predictors_are_refused(asking: Asking) -> None:
    refused(asking.send(GOOD + ROW, query="?model=99"), 404, "unknown-version")
    refused(asking.send(GOOD + ROW, query="?predictor=boats"), 404, "unknown-predictor")


def test_a_version_that_failed_at_the_gate_is_refused(asking: Asking) -> None:
    failed = another()
    ModelVersion.objects.filter(pk=failed.pk).update(gate="failed", gate_reason="it is bad")
    refused(asking.send(GOOD + ROW, query=f"?model={failed.version}"), 422, "gate-failed")


def test_there_is_room_for_so_many_bytes_and_batches(asking: Asking, settings: Any) -> None:
    settings.BATCH_STORE_BYTES = len(GOOD + ROW)
    refused(asking.send(GOOD + ROW * 2), 503, "no-room")
    batch = asking.accepted(GOOD + ROW)
    refused(asking.send(GOOD + ROW), 503, "no-room")
    services.remove_old_files()
    refused(asking.send(GOOD + ROW), 503, "no-room")
    services.cancel_batch(identity=batch.pk)
    past = timezone.now() - services.USELESS
    Batch.objects.update(finished_at=past)
    os.utime(batch_storage().path(batch.upload), (past.timestamp(),) * 2)
    services.remove_old_files()
    again = asking.accepted(GOOD + ROW)
    settings.BATCH_STORE_BYTES *= 1000
    waiting = [copy_of(again) for _ in range(services.MOST_UNFINISHED - 1)]
    problem = refused(asking.send(GOOD + ROW), 503, "no-room")
    assert "not finished" in problem["detail"]
    remove_files(again.folder)
    Batch.objects.filter(pk__in=[batch.pk, again.pk, *waiting]).delete()


def copy_of(batch: Batch) -> Any:
    copy = copy_model(batch)
    copy.pk = uuid.uuid4()
    copy.save(force_insert=True)
    return copy.pk


def test_slow_uploads_leave_threads_for_others(asking: Asking) -> None:
    with ExitStack() as others:
        for _ in range(django_settings.BATCH_UPLOADS):
            others.enter_context(place())
        refused(asking.send(GOOD + ROW), 503, "no-room")
    refused(asking.send(GOOD), 422, "invalid-file")


def test_a_full_disk_is_no_defect_and_nothing_stays(asking: Asking) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_001, before[1]))
    try:
        response = asking.send(GOOD + ROW * 30_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    refused(response, 503, "storage-unavailable")


@pytest.mark.parametrize("is_form", [False, True])
def test_a_file_that_is_too_large_is_refused(
    api: Client, asking: Asking, settings: Any, is_form: bool
) -> None:
    settings.MAX_BATCH_BYTES = 300_000
    content = GOOD + ROW * 10_000  # more than is read at a time
    if is_form:
        response = api.post(PATH, {"file": SimpleUploadedFile("a.csv", content)})
    else:
        response = asking.send(content)
    refused(response, 413, "body-too-large")


def test_a_form_without_its_file_is_refused(api: Client) -> None:
    file = SimpleUploadedFile("a.csv", GOOD + ROW)
    for form in ({}, {"other": file}, {"file": "text"}):
        problem = refused(api.post(PATH, form), 422, "invalid-input")
        assert problem["errors"][0]["field"] == "file"


def test_a_form_that_cannot_be_read_is_refused(asking: Asking) -> None:
    kind = "multipart/form-data"
    refused(asking.send(b"anything", kind), 400, "malformed-form")


def test_no_batch_is_no_batch(api: Client) -> None:
    path = f"{PATH}00000000-0000-4000-8000-000000000000/"
    for response in (api.get(path), api.post(f"{path}cancel/"), api.get(f"{path}results/")):
        refused(response, 404, "unknown-batch")
    refused(api.get(f"{path}results/?format=xlsx"), 422, "invalid-input")
