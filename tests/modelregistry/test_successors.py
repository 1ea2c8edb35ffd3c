"""Versions that a process has just computed from one that passed the gate."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from modelregistry.errors import GateFailed, InvalidArtifact
from modelregistry.loading import load
from modelregistry.models import ModelVersion
from modelregistry.services import activate_version, register_successor

pytestmark = pytest.mark.django_db


def dearer(parent: ModelVersion, factor: float = 1.01) -> Any:
    """The parent's estimator, as if it had learned that prices rose."""
    estimator = deepcopy(load(parent).estimator)
    estimator.steps[-1][1]._y = estimator.steps[-1][1]._y * factor
    return estimator


def successor(parent: ModelVersion, estimator: Any) -> ModelVersion:
    return register_successor(
        parent=parent,
        name="dearer",
        estimator=estimator,
        metrics={"online": {"examples": 60}},
        trained_on={"online": True, "parent": parent.version},
        created_by="test",
    )


def test_it_works(active_version: ModelVersion) -> None:
    version = successor(active_version, dearer(active_version))
    assert version.version == active_version.version + 1
    assert (version.gate, version.is_active, version.engine) == ("passed", False, "fast")
    assert version.metrics == {"online": {"examples": 60}}
    rows = np.array(active_version.golden["rows"])
    expected = load(active_version).predict(rows) * 1.01
    np.testing.assert_allclose(load(version).predict(rows), expected, rtol=1e-12)
    activate_version(predictor="homes", version=version.version, actor="test")


def test_its_proof_says_on_how_few_rows_and_whose_full_proof_stands(
    active_version: ModelVersion,
) -> None:
    first = successor(active_version, dearer(active_version))
    second = successor(first, dearer(first))
    full = {"version": active_version.version, "rows": active_version.engine_proof["rows"]}
    for version in (first, second):
        assert version.engine_proof["full_proof"] == full
        assert version.engine_proof["rows"] == len(active_version.golden["rows"])


def test_it_keeps_its_answers_and_names_the_version_that_keeps_the_rows(
    active_version: ModelVersion,
) -> None:
    second = successor(active_version, dearer(active_version))
    second = successor(second, dearer(second))
    assert second.golden.keys() == {"rows_of", "predictions"}
    assert second.golden["rows_of"] == active_version.version
    assert second.golden_rows() == active_version.golden["rows"]


def failed(parent: ModelVersion, estimator: Any, why: str) -> None:
    """It is kept, marked, and cannot be activated."""
    with pytest.raises(GateFailed, match=why) as refusal:
        successor(parent, estimator)
    number = refusal.value.members["version"]
    assert number == parent.version + 1
    with pytest.raises(GateFailed, match=why):
        activate_version(predictor="homes", version=number, actor="test")


def test_another_class_fails(active_version: ModelVersion) -> None:
    other = load(active_version).estimator.steps[-1][1]
    failed(active_version, other, "not of the class")


def test_a_class_that_no_model_may_have_fails(active_version: ModelVersion) -> None:
    failed(active_version, LinearRegression(), "not on the server's list")


def test_answers_that_are_no_numbers_fail(active_version: ModelVersion) -> None:
    failed(active_version, dearer(active_version, np.nan), "not finite")


def test_a_successor_that_could_not_be_answered_fast_fails(active_version: ModelVersion) -> None:
    estimator = dearer(active_version)
    estimator.steps[-1][1].weights = "distance"
    failed(active_version, estimator, "not those of the pickle")


def test_what_is_no_model_file_leaves_nothing(active_version: ModelVersion) -> None:
    before = ModelVersion.objects.count()
    with pytest.raises(InvalidArtifact, match="cannot be pickled"):
        successor(active_version, lambda rows: rows)
    assert ModelVersion.objects.count() == before


def test_a_version_that_failed_has_no_successor(active_version: ModelVersion) -> None:
    estimator = dearer(active_version)
    active_version.gate, active_version.gate_reason = ModelVersion.Gate.FAILED, "too slow"
    before = ModelVersion.objects.count()
    with pytest.raises(GateFailed, match="too slow"):
        successor(active_version, estimator)
    assert ModelVersion.objects.count() == before
