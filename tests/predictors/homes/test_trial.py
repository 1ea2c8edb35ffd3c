"""Homes that a new model is tried on."""

import numpy as np
import pytest

from predictors.homes.ml.schema import KNOWN_FEATURES, VALUATION_DATE_FIELD
from predictors.homes.models import Sale
from predictors.homes.trial import INVENTED, SALES, trial_rows

NAMES = ["zipcode", "sqft_living", "valuation_date", "hous_val_amt"]


def test_it_works(db: None) -> None:
    trial = trial_rows(NAMES)
    assert trial.rows.shape == (SALES + INVENTED, len(NAMES))
    assert trial.rows.flags["C_CONTIGUOUS"]
    assert np.isfinite(trial.rows).all()
    assert np.isfinite(trial.actual[:SALES]).all() and np.isnan(trial.actual[SALES:]).all()
    zipcodes = {float(zipcode) for zipcode in Sale.objects.values_list("zipcode", flat=True)}
    assert set(trial.rows[:SALES, 0]) <= zipcodes
    assert (trial.rows[:, 0] == np.rint(trial.rows[:, 0])).all()


def test_two_thirds_of_the_sales_are_valued_on_their_own_day_and_a_third_on_none(
    db: None,
) -> None:
    days = trial_rows(NAMES).rows[:, NAMES.index("valuation_date")]
    given = days[:SALES][days[:SALES] != 0]
    assert len(given) == pytest.approx(SALES * 2 / 3, abs=1)
    sold = {day.toordinal() for day in Sale.objects.values_list("date", flat=True)}
    assert set(given) <= sold
    assert days[SALES:].min() >= VALUATION_DATE_FIELD.minimum
    assert days[SALES:].max() <= VALUATION_DATE_FIELD.maximum


def test_every_input_that_a_model_may_have_can_be_made_and_always_the_same(db: None) -> None:
    names = sorted(KNOWN_FEATURES)
    first, second = trial_rows(names), trial_rows(names)
    assert np.array_equal(first.rows, second.rows)
    assert np.array_equal(first.actual, second.actual, equal_nan=True)
