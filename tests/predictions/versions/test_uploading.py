"""POST /api/models/homes/: two files become a version that waits to be activated."""

import hashlib
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor

from modelregistry.models import ModelVersion
from tests.modelregistry.test_register_model import FEATURES, Attack, trained
from tests.predictions.versions.conftest import Post

GOOD = pickle.dumps(trained(KNeighborsRegressor(3)))
NAMES = json.dumps(FEATURES).encode()
PATH = "/api/models/homes/"


@pytest.fixture
def upload(api: Client, olga: dict[str, str]) -> Post:
    """Upload as olga. A part of bytes is a file; None leaves it out."""

    def send(path: str = PATH, **parts: Any) -> Any:
        form = {"model": GOOD, "features": NAMES} | parts
        return api.post(
            path,
            {
                name: SimpleUploadedFile(f"{name}.bin", part) if isinstance(part, bytes) else part
                for name, part in form.items()
                if part is not None
            },
            headers=olga,
        )

    return send


def test_it_works(upload: Post, api: Client, active_version: ModelVersion, olga: Any) -> None:
    response = upload(
        name="theirs",
        notes="by mail",
        sha256=hashlib.sha256(GOOD).hexdigest().upper(),
        metrics='{"test": {"r2": 0.81}}',
        data="synthetic",
    )
    assert response.status_code == 201
    found = response.json()
    assert (found["version"], found["is_active"], found["gate"]) == (2, False, "passed")
    assert (found["name"], found["notes"], found["created_by"]) == ("theirs", "by mail", "olga")
    assert (found["features"], found["data"]) == (FEATURES, "synthetic")
    assert found["headline"] == {"part": "test", "r2": 0.81}
    assert found["engine_proof"]["rows"] >= 1000
    assert response["Location"] == "/api/models/homes/2/"
    assert api.get(response["Location"]).json() == found
    activated = api.post(f"{response['Location']}activate/", "", "application/json", headers=olga)
    assert activated.status_code == 200


def test_the_files_are_enough(upload: Post) -> None:
    found = upload(name="", notes="", sha256="", metrics="", data="").json()
    assert (found["name"], found["notes"], found["data"]) == ("model", "", "unknown")
    assert found["headline"]["part"] == "at_registration"


def test_a_model_of_some_megabytes_is_taken(upload: Post) -> None:
    model = trained(KNeighborsRegressor(3))
    model.ballast = b"\x00" * 4_000_000
    content = pickle.dumps(model)
    response = upload(model=content)
    assert response.status_code == 201
    assert response.json()["digest"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"model": pickle.dumps(trained(LinearRegression()))}, "not on the server's list"),
        ({"model": b"no pickle"}, "cannot be read"),
        ({"features": b'["bedrooms", "sqft_living", "zodiac"]'}, "does not know zodiac"),
        ({"features": b"\xff\xfe{"}, "not JSON"),
        ({"features": b"[" * 60_000}, "not JSON"),
        ({"features": b'["\\u0000"]'}, "visible characters"),
        ({"features": b'["\\ud800"]'}, "visible characters"),
        ({"model": b"\x80\x04\x8c\x03a\x00b\x8c\x01c\x93."}, "not on the server's list"),
        ({"model": b"\x80\x04\x8c\x05a\xed\xa0\x80b\x8c\x01c\x93."}, "not on the server's list"),
    ],
)
def test_what_fails_at_the_gate_is_kept_marked(
    upload: Post, api: Client, parts: dict[str, bytes], reason: str
) -> None:
    response = upload(**parts)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "gate-failed")
    assert reason in problem["detail"]
    kept = api.get(f"{PATH}{problem['version']}/").json()
    assert (kept["gate"], kept["is_active"], kept["created_by"]) == ("failed", False, "olga")
    assert reason in kept["gate_reason"]


def test_a_pickle_that_runs_code_runs_nothing(upload: Post, tmp_path: Path) -> None:
    proof = tmp_path / "executed"
    response = upload(model=pickle.dumps(Attack(proof)))
    assert (response.status_code, response.json()["code"]) == (422, "gate-failed")
    assert not proof.exists()


def test_another_digest_is_refused_and_nothing_is_kept(upload: Post) -> None:
    response = upload(sha256="0" * 64)
    assert (response.status_code, response.json()["code"]) == (422, "invalid-artifact")
    assert not ModelVersion.objects.filter(created_by="olga").exists()


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"model": None}, "model"),
        ({"model": "text"}, "model"),
        ({"model": b""}, "model"),
        ({"features": None}, "features"),
        ({"features": b"[" + b" " * 70_000 + b"]"}, "features"),
        ({"model_file": GOOD}, "model_file"),
        ({"activate": "true"}, "activate"),
        ({"x" * 500: "y"}, "x" * 100),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\r\nb"}, "name"),
        ({"name": ["one", "two"]}, "name"),
        ({"name": b"a file"}, "name"),
        ({"notes": "a\x00b"}, "notes"),
        ({"notes": "x" * 10_001}, "notes"),
        ({"sha256": "short"}, "sha256"),
        ({"data": "imagined"}, "data"),
        ({"metrics": "{"}, "metrics"),
        ({"metrics": "[1]"}, "metrics"),
        ({"metrics": "[" * 10_000}, "metrics"),
        ({"metrics": '{"test": {"r2": NaN}}'}, "metrics"),
        ({"metrics": '{"test": {"r2": 1e999}}'}, "metrics"),
        ({"metrics": '{"test": [-Infinity]}'}, "metrics"),
        ({"metrics": '{"a\\u0000": 1}'}, "metrics"),
        ({"metrics": '{"a": ["\\u0000"]}'}, "metrics"),
        ({"metrics": '{"a": "\\ud800"}'}, "metrics"),
        ({"metrics": '{"a": 1, "a": 2}'}, "metrics"),
        ({"metrics": json.dumps({"a": "x" * 70_000})}, "metrics"),
    ],
)
def test_a_wrong_part_is_named(upload: Post, parts: dict[str, Any], field: str) -> None:
    response = upload(**parts)
    assert (response.status_code, response.json()["code"]) == (422, "invalid-input")
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not ModelVersion.objects.filter(created_by="olga").exists()


def test_every_wrong_part_is_named_at_once(upload: Post) -> None:
    errors = upload(model=None, name="x" * 101, colour="blue").json()["errors"]
    assert {error["field"] for error in errors} == {"model", "name", "colour"}


def test_metrics_that_no_64_bits_hold_are_kept_and_shown(upload: Post, api: Client) -> None:
    response = upload(metrics='{"test": {"rmse": 1e300, "mae": 123456789012345678901234567890}}')
    assert response.status_code == 201
    shown = api.get(response["Location"])
    assert shown.status_code == 200
    assert shown.json()["headline"]["rmse"] == pytest.approx(1e300)


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        ("application/json", b"{}", 415, "unsupported-media-type"),
        ("application/x-www-form-urlencoded", b"model=x", 415, "unsupported-media-type"),
        ("application/octet-stream", GOOD, 415, "unsupported-media-type"),
        ("multipart/form-data", GOOD, 400, "malformed-form"),
        ("multipart/form-data; boundary=" + "b" * 300, GOOD, 400, "malformed-form"),
        ("multipart/form-data; boundary=b", GOOD, 400, "malformed-form"),
        ("multipart/form-data; boundary=b; charset=base64", b"--b--", 422, "invalid-input"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="model"; filename="m"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--b--\r\n",
            400,
            "malformed-form",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nx\r\n' * 2000 + b"--b--\r\n",
            400,
            "malformed-form",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="notes"\r\n\r\n'
            + b"x" * 5_000_000
            + b"\r\n--b--\r\n",
            413,
            "body-too-large",
        ),
    ],
)
def test_what_is_no_such_form_is_refused(
    api: Client, olga: Any, content_type: str, body: bytes, status: int, code: str
) -> None:
    response = api.generic("POST", PATH, body, content_type, headers=olga)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_more_than_the_limit_is_refused_unread(upload: Post, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 10_000
    response = upload(model=b"x" * 10_001)
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")


def test_a_body_of_unknown_length_is_refused(post: Post) -> None:
    form = "multipart/form-data; boundary=b"
    response = post("homes/", b"--b--", content_type=form, HTTP_TRANSFER_ENCODING="chunked")
    assert (response.status_code, response.json()["code"]) == (411, "length-required")


def test_an_unknown_predictor_is_refused(upload: Post) -> None:
    response = upload("/api/models/horses/")
    assert (response.status_code, response.json()["code"]) == (404, "unknown-predictor")
