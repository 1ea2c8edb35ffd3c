"""The deeds of the registry. Commands, tasks and the admin are doors to these."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings
from django.db import connection, transaction
from django.db.models import BooleanField, ExpressionWrapper, Max, Q

from learning.artifact import library_versions
from modelregistry import artifacts, runtime
from modelregistry.catalog import kind_of
from modelregistry.errors import InvalidArtifact
from modelregistry.models import ModelVersion


def register_version(
    *,
    predictor: str,
    name: str,
    model_bytes: bytes,
    features_bytes: bytes,
    expected_sha256: str = "",
    metrics: Mapping[str, Any] | None = None,
    trained_on: Mapping[str, Any] | None = None,
    created_by: str = "",
    notes: str = "",
) -> ModelVersion:
    """Check the artifact, store it and give it the predictor's next version number, inactive.

    `expected_sha256`, if given, is what the caller says the pickle's digest is; it is checked
    before anything is unpickled. Raises UnknownPredictor, InvalidArtifact.
    """
    model_sha256 = artifacts.sha256(model_bytes)
    if expected_sha256 and model_sha256 != expected_sha256.lower():
        raise InvalidArtifact(f"model.pkl: its SHA-256 is {model_sha256}, not {expected_sha256}")
    estimator, feature_names = artifacts.build(
        kind=kind_of(predictor), model_bytes=model_bytes, features_bytes=features_bytes
    )
    _require_finite_answer(estimator, feature_names)
    model_file, features_file = artifacts.store(
        predictor=predictor, model_bytes=model_bytes, features_bytes=features_bytes
    )
    with transaction.atomic():
        _lock_predictor(predictor)
        last = ModelVersion.objects.of(predictor).aggregate(last=Max("version"))["last"] or 0
        return ModelVersion.objects.create(
            predictor=predictor,
            version=last + 1,
            name=name,
            model_file=model_file,
            features_file=features_file,
            model_sha256=model_sha256,
            features_sha256=artifacts.sha256(features_bytes),
            feature_names=list(feature_names),
            metrics=dict(metrics or {}),
            trained_on=dict(trained_on or {}),
            library_versions=library_versions(),
            code_version=f"{settings.API_VERSION} ({settings.REVISION})",
            created_by=created_by,
            notes=notes,
        )


def activate_version(*, predictor: str, version: int) -> ModelVersion:
    """Make this version the one that answers; the next request sees it. Raises UnknownVersion.

    The model is loaded here first: a version that cannot answer never becomes the active one.
    Raises ModelUnavailable.
    """
    kind_of(predictor)
    chosen = ModelVersion.objects.numbered(predictor, version)
    runtime.load(chosen)
    with transaction.atomic():
        _lock_predictor(predictor)
        # One statement over all rows: it waits for a raw UPDATE and then overrides it whole.
        ModelVersion.objects.of(predictor).update(
            is_active=ExpressionWrapper(Q(pk=chosen.pk), output_field=BooleanField())
        )
    chosen.refresh_from_db()
    return chosen


def _lock_predictor(predictor: str) -> None:
    """Until the transaction ends: no gaps in the numbers, one activation after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"modelregistry:{predictor}"])


def _require_finite_answer(estimator: Any, feature_names: tuple[str, ...]) -> None:
    row = pd.DataFrame(np.ones((1, len(feature_names))), columns=list(feature_names))
    try:
        answer = np.asarray(estimator.predict(row), dtype=np.float64)
    except Exception as error:  # foreign code may raise anything
        raise InvalidArtifact(f"model.pkl: predict fails: {error}") from error
    if answer.shape != (1,) or not np.isfinite(answer).all():
        raise InvalidArtifact(f"model.pkl: predict gives {answer!r}, one finite number is expected")
