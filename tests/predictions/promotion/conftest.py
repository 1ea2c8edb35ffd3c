import csv
import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uuid_utils
from django.conf import settings

from learning.artifact import Artifact
from learning.progress import silent
from modelregistry import artifacts
from modelregistry.loading import PICKLE
from modelregistry.models import ModelVersion
from modelregistry.services import activate_version
from predictions import catalog
from predictions.audit import AuditRow
from predictions.contract import HeldOut
from predictions.promotion.models import PromotionPolicy
from predictions.promotion.services import change_policy
from predictions.recording import record_many
from predictors.homes.loading import load_sales

SALES = settings.BASE_DIR / "data" / "sample" / "kc_house_data.csv"
EARLIER = 0.75
# No two requests take equally long.
SECONDS = itertools.count(0.001, 0.001)


def train(
    recipe: str, held_out: HeldOut | None, files: Mapping[str, Path] | None = None
) -> Artifact:
    """As a training run does it."""
    homes = catalog.get("homes")
    return homes.train(recipe=recipe, files=files or {}, held_out=held_out, progress=silent)


def registered(artifact: Artifact, **other: Any) -> ModelVersion:
    """Under the next number, without the seconds at the gate."""
    artifact = replace(artifact, **other)
    files = artifacts.store(
        predictor="homes",
        model_bytes=artifact.model_bytes,
        features_bytes=artifact.features_bytes,
    )
    return cloned(
        ModelVersion.objects.of("homes")[0],
        name=artifact.name,
        model_file=files[0],
        features_file=files[1],
        model_sha256=artifacts.sha256(artifact.model_bytes),
        features_sha256=artifacts.sha256(artifact.features_bytes),
        feature_names=list(artifact.feature_names),
        trained_on=dict(artifact.trained_on),
        engine=PICKLE,
        golden={},
    )


def cloned(version: ModelVersion, **other: Any) -> ModelVersion:
    """The same model under the next number, not active."""
    last = ModelVersion.objects.of(version.predictor).last()
    assert last is not None
    copy = ModelVersion.objects.get(pk=version.pk)
    copy.pk, copy.version, copy.is_active = None, last.version + 1, False
    for name, value in other.items():
        setattr(copy, name, value)
    copy.save()
    return copy


def asked(
    version: ModelVersion,
    *statuses: int,
    endpoint: str = "/api/predict/",
    error: bytes | None = None,
    is_list: bool = False,
) -> None:
    """Requests that this version answered so, in this order, or the items of one.

    By a client that gives all its requests the same id.
    """
    one = next(SECONDS)
    record_many(
        [
            AuditRow(
                id=uuid_utils.uuid7().bytes,
                predictor="homes",
                endpoint=endpoint,
                caller="test",
                request_id="test",
                api_version="1",
                request=b"{}",
                status=status,
                latency_ms=one if is_list else next(SECONDS),
                model_version_id=version.pk,
                error=error,
            )
            for status in statuses
        ]
    )


def activated(version: ModelVersion, actor: str = "test") -> ModelVersion:
    return activate_version(predictor="homes", version=version.version, actor=actor)


def active() -> ModelVersion:
    return ModelVersion.objects.active("homes").get()


@pytest.fixture
def good(active_version: ModelVersion) -> ModelVersion:
    return active_version


@pytest.fixture
def bad(good: ModelVersion) -> ModelVersion:
    """Active since a moment ago."""
    return activated(cloned(good))


@pytest.fixture
def policy(db: None) -> PromotionPolicy:
    """Proof decides."""
    terms = {"mode": "if_better", "sample_floor": 200}
    return change_policy(predictor="homes", terms=terms, actor="test")


@pytest.fixture
def later_sales(policy: PromotionPolicy, tmp_path: Path) -> int:
    """The basic model learned from the earlier sales and answers; the later ones came then.

    How many those are.
    """
    with SALES.open(newline="") as stream:
        header, *rows = csv.reader(stream)
    rows.sort(key=lambda row: row[header.index("date")])
    cut = round(len(rows) * EARLIER)
    for name, part in (("earlier", rows[:cut]), ("later", rows[cut:])):
        with (tmp_path / f"{name}.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows([header, *part])
    load_sales(tmp_path / "earlier.csv")
    basic = registered(train("basic", None))
    activate_version(predictor="homes", version=basic.version, actor="test")
    load_sales(tmp_path / "later.csv")
    return len(rows) - cut
