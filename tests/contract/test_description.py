"""What a predictor says of itself, and that its parts agree with each other."""

import re
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from django.utils.module_loading import import_string

from learning.evaluation import Subject, UnknownPart
from learning.fields import Fault, Field, check_value, example_of
from learning.inference import PROOF_ROWS
from learning.progress import silent
from modelregistry import loading, runtime
from modelregistry.catalog import kind_of
from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.answers import decoder_for
from predictions.contract import DataError, Predictor
from predictions.errors import InvalidInput, UnknownRecipe

from .conftest import Body

Names = tuple[str, ...]


def faults_of(decode: Any, body: Any) -> set[str]:
    with pytest.raises(InvalidInput) as refusal:
        decode(body)
    assert all(fault.detail and fault.accepted for fault in refusal.value.faults)
    return {fault.field for fault in refusal.value.faults}


def test_it_works(predictor: Predictor, body: Body, names: Names) -> None:
    """The documented request becomes the row of a model."""
    for minimal in (False, True):
        question = predictor.decoder(names, minimal=minimal)(
            deepcopy(body)
            if not minimal
            else {
                field.name: predictor.facts(body)[field.name]
                for field in predictor.fields(names)
                if field.name in predictor.facts(body)
            }
        )
        assert question.row.shape == (1, len(names))
        assert question.row.dtype == np.float64
        assert np.isfinite(question.row).all()
        assert question.subject is None or len(question.subject) == 16


def test_its_name_can_stand_in_addresses_and_tables(predictor: Predictor) -> None:
    assert re.fullmatch("[a-z][a-z0-9-]{0,39}", predictor.name)
    assert re.fullmatch("[A-Z]{3}", predictor.currency)
    assert re.fullmatch("[a-z][a-z_]*", predictor.prediction_key)
    assert predictor.address.startswith("/")
    assert catalog.get(predictor.name) is predictor
    assert len({one.address for one in catalog.all_predictors()}) == len(catalog.all_predictors())


def test_its_fields_have_names_of_their_own_and_examples_that_are_accepted(
    predictor: Predictor, names: Names
) -> None:
    fields = predictor.fields()
    assert len({field.name for field in fields}) == len(fields) > 0
    for field in fields:
        assert field.description and field.accepted
        assert not isinstance(check_value(field, field.example), Fault) or field.optional
    assert {field.name for field in predictor.fields(names)} <= {field.name for field in fields}


def test_every_form_of_a_request_gives_the_same_row(
    predictor: Predictor, body: Body, names: Names
) -> None:
    decode = predictor.decoder(names, minimal=False)
    as_sent = deepcopy(body)
    rows = [decode(one).row for one in (body, body, example_of(predictor.fields()))]
    assert all((row == rows[0]).all() for row in rows)
    assert body == as_sent
    facts = predictor.facts(body)
    assert {field.name for field in predictor.fields() if not field.optional} <= facts.keys()
    assert (decode(dict(facts)).row == rows[0]).all()


def test_a_model_gets_its_inputs_in_its_own_order(
    predictor: Predictor, body: Body, names: Names
) -> None:
    backwards = predictor.decoder(names[::-1], minimal=False)(body)
    forwards = predictor.decoder(names, minimal=False)(body)
    assert (backwards.row[:, ::-1] == forwards.row).all()
    rows = predictor.training_rows(names)
    assert rows.shape[1:] == (len(names),) and len(rows) > 0 and np.isfinite(rows).all()
    assert (predictor.training_rows(names[::-1])[:, ::-1] == rows).all()


def test_every_fault_is_named_at_once(
    predictor: Predictor, names: Names, required: list[Field]
) -> None:
    for minimal in (False, True):
        decode = predictor.decoder(names, minimal=minimal)
        good = example_of(predictor.fields(names if minimal else None))
        wanted = [field.name for field in required if field.name in good]
        fewer = {name: value for name, value in good.items() if name not in wanted}
        assert faults_of(decode, fewer | {"colour": 1}) == {*wanted, "colour"}
        assert faults_of(decode, {}) == set(good)


@pytest.mark.parametrize(
    "value", [None, True, "many", float("nan"), float("inf"), 10**400, [], {}, "\x00", "\ud83c"]
)
def test_no_value_is_anything_but_accepted_or_named(
    predictor: Predictor, names: Names, required: list[Field], value: Any
) -> None:
    decode = decoder_for(runtime.active_model(predictor.name), minimal=False)
    good = example_of(predictor.fields())
    for field in required:
        assert faults_of(decode, good | {field.name: value}) == {field.name}


def test_a_new_model_is_tried_on_rows_enough(predictor: Predictor, names: Names) -> None:
    trial = predictor.trial(names)
    assert len(trial.rows) >= PROOF_ROWS
    assert trial.rows.shape == (len(trial.actual), len(names))
    assert np.isfinite(trial.rows).all() and np.isfinite(trial.actual).any()
    assert (predictor.trial(names).rows == trial.rows).all()


def test_what_its_models_may_consist_of_and_ask_for_is_there(
    predictor: Predictor, names: Names
) -> None:
    for dotted in predictor.allowed_classes:
        assert import_string(dotted)
    assert set(names) <= set(predictor.known_features)
    assert kind_of(predictor.name).allowed_classes == predictor.allowed_classes


def test_its_recipes_are_known_and_others_are_not(predictor: Predictor) -> None:
    assert len(set(predictor.recipes)) == len(predictor.recipes) > 0
    with pytest.raises(UnknownRecipe):
        predictor.train(recipe="soup", files={}, progress=silent)
    assert set(predictor.file_names) <= set(catalog.file_names())


def test_a_training_that_nobody_waits_for_any_more_ends(predictor: Predictor) -> None:
    class NobodyWaits(Exception):
        pass

    def progress(stage: str, share: float) -> None:
        assert stage and 0 <= share <= 1
        raise NobodyWaits

    with pytest.raises(NobodyWaits):
        predictor.train(recipe=predictor.recipes[0], files={}, progress=progress)


def test_fingerprints_stay_while_nothing_changes(predictor: Predictor) -> None:
    assert predictor.data_fingerprint() == predictor.data_fingerprint() != ""
    assert len(predictor.data_fingerprint()) <= 64
    assert predictor.reference_fingerprint() == predictor.reference_fingerprint()
    assert predictor.data_kind() in ("real", "synthetic")
    assert predictor.missing_data() == []


def test_loading_what_is_loaded_changes_nothing(predictor: Predictor) -> None:
    before = predictor.data_fingerprint(), predictor.reference_fingerprint()
    predictor.load_data(folder=None, report=lambda line: None)
    assert (predictor.data_fingerprint(), predictor.reference_fingerprint()) == before


def test_nothing_is_held_out_that_a_version_has_learned_or_that_nobody_knows_of(
    predictor: Predictor, version: ModelVersion, names: Names
) -> None:
    nobody_knows: dict[str, Any] = {}
    for trained_on in (version.trained_on, nobody_knows):
        held_out = predictor.held_out(trained_on=trained_on, share=0.2)
        assert held_out.actual.shape == (0,)
        assert held_out.rows(names).shape == (0, len(names))


def test_what_stands_beside_an_estimate_has_its_shape(
    predictor: Predictor, version: ModelVersion, names: Names, body: Body
) -> None:
    model = loading.load(version)
    question = predictor.decoder(names, minimal=False)(body)
    predictions = model.predict(question.row)
    intervals = predictor.intervals(model, question.row)
    if intervals is not None:
        low, high = intervals
        assert low.shape == high.shape == (1,) and low[0] <= predictions[0] <= high[0]
    included = predictor.include(model, question, list(predictor.inclusions))
    assert included.keys() == predictor.inclusions.keys()
    watched = predictor.monitored(names, question.row, predictions)
    assert watched.rows.shape == (1, len(watched.feature_names))
    assert np.isfinite(watched.rows).all() and np.isfinite(watched.predictions).all()


def test_outcomes_are_numbers_that_can_be_grouped(predictor: Predictor, body: Body) -> None:
    assert predictor.actual.kind in ("number", "integer")
    assert list(predictor.bands) == sorted(predictor.bands)
    assert set(predictor.groups(predictor.facts(body))) <= set(predictor.group_names)
    assert set(predictor.identity) <= {field.name for field in predictor.fields()}
    assert predictor.keep_outcomes([]) == []


def test_an_evaluation_of_no_part_is_refused(predictor: Predictor, version: ModelVersion) -> None:
    subject = Subject(str(version), predictor.recipes[0], version.digest, version.trained_on)
    with pytest.raises((UnknownPart, DataError)):
        predictor.evaluate(
            subject=subject,
            rival=None,
            only=["nothing like this"],
            files={},
            command="test",
            report=lambda line: None,
        )
