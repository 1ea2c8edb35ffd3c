"""What the champion sees of a home: one function, for training, for a batch and for one question.

It is given the arithmetic to use: numpy's for columns `(n_homes,)`, Python's own for single
numbers, where a call of numpy costs more than the sum itself.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictors.homes.ml.inputs import VALUATION_DATE
from predictors.homes.ml.schema import HOME_COLUMNS, HOME_FIELDS

DEMOGRAPHIC_INPUTS = (
    "medn_hshld_incm_amt",
    "hous_val_amt",
    "per_bchlr",
    "per_prfsnl",
)
INPUTS = (*HOME_COLUMNS, VALUATION_DATE, *DEMOGRAPHIC_INPUTS)
"""Of the model, in order. The date as in `inputs`, the zipcode as a number."""

YEARS = "years"
"""Since the first sale: the name of the time among the terms of the linear part."""

# Miles per degree at 47.56° north (WGS 84), and the origin that positions are measured from.
ORIGIN_LAT, ORIGIN_LONG = 47.56, -122.2
MILES_PER_LAT, MILES_PER_LONG = 69.09, 46.73
# Where the jobs are: downtown Seattle (Pioneer Square), downtown Bellevue.
SEATTLE = (47.608, -122.335)
BELLEVUE = (47.615, -122.201)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    log: Callable[[Any], Any]
    hypot: Callable[[Any, Any], Any]
    larger: Callable[[Any, Any], Any]
    smaller: Callable[[Any, Any], Any]
    number: Callable[[Any], Any]
    """Of a truth value: 1.0 or 0.0."""


OF_COLUMNS = Arithmetic(np.log, np.hypot, np.maximum, np.minimum, np.float64)
OF_NUMBERS = Arithmetic(math.log, math.hypot, max, min, float)


def east(long: Any) -> Any:
    """Miles east of the origin."""
    return (long - ORIGIN_LONG) * MILES_PER_LONG


def north(lat: Any) -> Any:
    """Miles north of the origin."""
    return (lat - ORIGIN_LAT) * MILES_PER_LAT


def long_of(east: Any) -> Any:
    """Degrees, from miles east of the origin."""
    return east / MILES_PER_LONG + ORIGIN_LONG


def lat_of(north: Any) -> Any:
    """Degrees, from miles north of the origin."""
    return north / MILES_PER_LAT + ORIGIN_LAT


def features(home: Mapping[str, Any] | pd.DataFrame, by: Arithmetic) -> dict[str, Any]:
    """Numbers or columns by name, from the model's inputs by name. Money in USD, areas as logs."""
    log, living, lot = by.log, home["sqft_living"], home["sqft_lot"]
    x, y = east(home["long"]), north(home["lat"])
    rooms = home["bedrooms"] + 1.0
    built, renovated = home["yr_built"], home["yr_renovated"]
    log_living, log_lot = log(living), log(lot)
    log_living15, log_lot15 = log(home["sqft_living15"]), log(home["sqft_lot15"])
    return {
        # One home of 33 bedrooms was sold; ten is as many as make a difference.
        "bedrooms": by.smaller(home["bedrooms"], 10.0),
        "bathrooms": home["bathrooms"],
        "floors": home["floors"],
        "waterfront": home["waterfront"],
        "view": home["view"],
        "condition": home["condition"],
        "grade": home["grade"],
        "log_living": log_living,
        "log_lot": log_lot,
        # A home may have nothing above ground but its entrance.
        "log_above": log(home["sqft_above"] + 1.0),
        "basement": home["sqft_basement"],
        "yr_built": built,
        "yr_renovated": renovated,
        "yr_newest": by.larger(built, renovated),
        "lat": home["lat"],
        "long": home["long"],
        "log_living15": log_living15,
        "log_lot15": log_lot15,
        "living_to_neighbours": log_living - log_living15,
        "lot_to_neighbours": log_lot - log_lot15,
        "living_to_lot": log_living - log_lot,
        "bathrooms_per_bedroom": home["bathrooms"] / rooms,
        "living_per_bedroom": living / rooms,
        "north_east": x + y,
        "south_east": x - y,
        "miles_to_seattle": by.hypot(x - east(SEATTLE[1]), y - north(SEATTLE[0])),
        "miles_to_bellevue": by.hypot(x - east(BELLEVUE[1]), y - north(BELLEVUE[0])),
        "income": home["medn_hshld_incm_amt"],
        "census_value": home["hous_val_amt"],
        "graduates": home["per_bchlr"] + home["per_prfsnl"],
    }


def facts_of(row: npt.NDArray[np.float64]) -> dict[str, float | str]:
    """The 18 facts of a home as a client would send them, from its inputs `(n_inputs,)`."""
    facts: dict[str, float | str] = {}
    for field, value in zip(HOME_FIELDS, row.tolist(), strict=False):
        if field.kind == "zipcode":
            facts[field.name] = f"{value:05.0f}"
        else:
            facts[field.name] = int(value) if field.kind == "integer" else value
    return facts


def linear_terms(seen: Mapping[str, Any], years: Any, by: Arithmetic) -> dict[str, Any]:
    """What enters the linear part besides `seen` itself; `years` since the first sale."""
    return {
        YEARS: years,
        "sqrt_basement": seen["basement"] ** 0.5,
        "best_view": by.number(seen["view"] >= 4.0),
        "poor_condition": by.number(seen["condition"] <= 2.0),
        "is_renovated": by.number(seen["yr_renovated"] > 0.0),
        "renovated_lately": by.larger(seen["yr_renovated"] - 1980.0, 0.0) / 30.0,
        "grade_x_living": seen["grade"] * seen["log_living"],
    }


FEATURES = tuple(features(dict.fromkeys(INPUTS, 1.0), OF_NUMBERS))
LINEAR_TERMS = (
    YEARS,
    "bedrooms",
    "floors",
    "waterfront",
    "view",
    "condition",
    "sqrt_basement",
    "best_view",
    "poor_condition",
    "is_renovated",
    "renovated_lately",
    "grade_x_living",
)
"""Those that enter as they are; the others with knots (parameters.toml)."""
