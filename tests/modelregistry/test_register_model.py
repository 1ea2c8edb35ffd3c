"""Artifacts made elsewhere: only checked bytes, only listed classes, only known features."""

import hashlib
import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler

from modelregistry.loading import load
from modelregistry.models import ModelVersion, artifact_storage
from predictions.models import Prediction
from predictors.homes.models import ZipcodeDemographics

pytestmark = pytest.mark.django_db
FEATURES = ["bedrooms", "sqft_living", "hous_val_amt"]


def trained(model: Any) -> Any:
    rows = pd.DataFrame(np.arange(30.0).reshape(10, 3) + 1, columns=FEATURES)
    return model.fit(rows, np.arange(10.0) * 1e5)


def files(folder: Path, model: Any, features: Any = FEATURES) -> tuple[Path, Path]:
    pickled, names = folder / "model.pkl", folder / "model_features.json"
    pickled.write_bytes(model if isinstance(model, bytes) else pickle.dumps(model))
    names.write_text(features if isinstance(features, str) else json.dumps(features))
    return pickled, names


@pytest.fixture
def good(tmp_path: Path) -> tuple[Path, Path]:
    return files(tmp_path, trained(make_pipeline(RobustScaler(), KNeighborsRegressor(3))))


def test_it_works(good: tuple[Path, Path]) -> None:
    before = ModelVersion.objects.of("homes").count()
    digest = hashlib.sha256(good[0].read_bytes()).hexdigest()
    call_command("register_model", "homes", *good, name="theirs", notes="by mail", sha256=digest)
    version = ModelVersion.objects.get(name="theirs")
    assert version.version == before + 1
    assert version.feature_names == FEATURES
    assert version.model_sha256 == digest
    assert version.features_sha256 == hashlib.sha256(good[1].read_bytes()).hexdigest()
    assert artifact_storage().open(str(version.model_file.name)).read() == good[0].read_bytes()
    assert not version.is_active
    assert version.library_versions["scikit-learn"]
    assert load(version).predict(np.array([[1.0, 2.0, 3.0]])) == pytest.approx([1e5])
    assert (version.gate, version.engine) == ("passed", "fast")
    assert version.engine_proof["equal"] and version.engine_proof["rows"] >= 1000
    assert len(version.golden["rows"]) == len(version.golden["predictions"]) > 0
    assert version.metrics["at_registration"].keys() >= {"r2", "mdape"}
    assert "at_registration_baseline_median" in version.metrics


def test_registered_and_activated_it_answers_and_needs_only_its_own_fields(
    good: tuple[Path, Path], api: Any
) -> None:
    call_command("register_model", "homes", *good, activate=True)
    required = api.get("/api/predict/minimal/").json()["required"]
    assert required == ["bedrooms", "sqft_living", "zipcode"]
    body = {"bedrooms": 3, "sqft_living": 1500, "zipcode": "98103"}
    response = api.post("/api/predict/minimal/", body, content_type="application/json")
    assert response.status_code == 200


def test_an_answer_that_is_no_number_is_an_audited_error(tmp_path: Path, api: Any) -> None:
    model = trained(KNeighborsRegressor(1))
    model._fit_X[-1] = 1e12  # farther than anything that registering tries
    model._y[-1] = np.inf
    call_command("register_model", "homes", *files(tmp_path, model), activate=True)
    ZipcodeDemographics.objects.filter(zipcode="98103").update(hous_val_amt=2e12)
    body = {"bedrooms": 3, "sqft_living": 1500, "zipcode": "98103"}
    response = api.post("/api/predict/minimal/", body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    row = Prediction.objects.get(id=response.json()["id"])
    assert (row.status, row.prediction, row.response) == (500, None, None)


def test_another_digest_is_refused_before_unpickling(good: tuple[Path, Path]) -> None:
    with pytest.raises(CommandError, match="SHA-256"):
        call_command("register_model", "homes", *good, sha256="0" * 64)


class Attack:
    """Unpickled without a list of classes, this would create the file `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_pickle_that_runs_code_runs_nothing(tmp_path: Path) -> None:
    proof = tmp_path / "executed"
    attack = files(tmp_path, Attack(proof))
    with pytest.raises(CommandError, match="not on the server's list"):
        call_command("register_model", "homes", *attack)
    assert not proof.exists()


@pytest.mark.parametrize(
    ("model", "features", "reason"),
    [
        (trained(LinearRegression()), FEATURES, "LinearRegression, which is not on the server's"),
        (b"no pickle", FEATURES, "cannot be read"),
        (pickle.dumps(trained(KNeighborsRegressor(3)))[:-50], FEATURES, "cannot be read"),
        (trained(KNeighborsRegressor(3)), [*FEATURES[:2], "zodiac"], "does not know zodiac"),
        (trained(KNeighborsRegressor(3)), FEATURES[:2], "takes 3 features"),
        (trained(KNeighborsRegressor(3)), FEATURES[::-1], "not the order"),
        (trained(KNeighborsRegressor(3)), "{", "not JSON"),
        (trained(KNeighborsRegressor(3)), "[1]", "non-empty string"),
        (KNeighborsRegressor(3), FEATURES, "takes None features"),
        (RobustScaler(), FEATURES, "no predict"),
    ],
)
def test_what_cannot_answer_is_kept_marked_and_can_never_be_activated(
    tmp_path: Path, model: Any, features: Any, reason: str
) -> None:
    before = ModelVersion.objects.count()
    with pytest.raises(CommandError, match=reason):
        call_command("register_model", "homes", *files(tmp_path, model, features))
    kept = ModelVersion.objects.of("homes").last()
    assert kept is not None and ModelVersion.objects.count() == before + 1
    assert (kept.gate, kept.is_active) == ("failed", False)
    assert re.search(reason, kept.gate_reason)
    with pytest.raises(CommandError, match="did not pass the gate"):
        call_command("activate_model", "homes", kept.version)
    with pytest.raises(IntegrityError, match="passed_the_gate"), transaction.atomic():
        ModelVersion.objects.filter(pk=kept.pk).update(is_active=True)


def test_an_unknown_predictor_is_refused(good: tuple[Path, Path]) -> None:
    with pytest.raises(CommandError, match="there are: bitcoin, homes"):
        call_command("register_model", "horses", *good)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"absent\.pkl"):
        call_command("register_model", "homes", tmp_path / "absent.pkl", tmp_path / "x.json")


def endless() -> bytes:
    """A few hundred bytes of tuples within tuples, as a key: hashing it takes 2**60 steps."""
    nested: Any = ()
    for _ in range(60):
        nested = (nested, nested)
    return b"\x80\x02}" + pickle.dumps(nested, protocol=2)[2:-1] + b"K\x01s."


def enormous() -> bytes:
    """An array of 400 GB, asked for by a listed function."""
    return (
        b"\x80\x02cnumpy._core.multiarray\n_reconstruct\n"
        b"cnumpy\nndarray\n\x8a\x05\x00\x00\x00\x00\x0c\x85X\x01\x00\x00\x00d\x87R."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [(endless(), "not tried within 5 s"), (enormous(), "Unable to allocate 384")],
)
def test_a_model_that_never_ends_or_eats_all_memory_is_stopped(
    tmp_path: Path, settings: Any, content: bytes, reason: str
) -> None:
    settings.GATE_SECONDS = 5
    with pytest.raises(CommandError, match=reason):
        call_command("register_model", "homes", *files(tmp_path, content))
    kept = ModelVersion.objects.of("homes").last()
    assert kept is not None and kept.gate == "failed"
