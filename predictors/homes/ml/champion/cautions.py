"""Reasons to trust an estimate less: what the training data does not cover."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import numpy.typing as npt

from predictors.homes.ml.champion.features import INPUTS
from predictors.homes.ml.champion.parameters import WarningParameters
from predictors.homes.ml.champion.sold import Sold
from predictors.homes.ml.explaining import Caution
from predictors.homes.ml.inputs import VALUATION_DATE
from predictors.homes.ml.schema import HOME_FIELDS

Rows = npt.NDArray[np.float64]

ZIPCODE = INPUTS.index("zipcode")
# What a client sends as numbers; the position and the zipcode are looked at in other ways.
RANGED = tuple(field.name for field in HOME_FIELDS if field.name not in ("zipcode", "lat", "long"))
# Sales around a position, among which its zipcode should occur.
AROUND = 30
DAYS_PER_MONTH = 30.44


def cautions(
    sold: Sold, nearest: Rows, *, row: Rows, today: date, settings: WarningParameters
) -> Iterator[Caution]:
    """`nearest` `(n,)`: distances in miles and `row` `(n_inputs,)`."""
    yield from _out_of_range(sold, row)
    yield from _thin_zipcode(sold, row, settings)
    yield from _odd_position(sold, nearest, row, settings)
    yield from _old_model(sold, row, today, settings)


def _out_of_range(sold: Sold, row: Rows) -> Iterator[Caution]:
    for name in RANGED:
        place = INPUTS.index(name)
        column, value = sold.inputs[:, place], float(row[place])
        low, high = float(column.min()), float(column.max())
        if not low <= value <= high:
            yield Caution(
                code="outside-training-data",
                detail=f"{name} {value:g} is beyond every home that the model has seen",
                field=name,
                accepted=f"{low:g} to {high:g}",
            )


def _thin_zipcode(sold: Sold, row: Rows, settings: WarningParameters) -> Iterator[Caution]:
    count = int((sold.inputs[:, ZIPCODE] == row[ZIPCODE]).sum())
    if count < settings.few_sales:
        yield Caution(
            code="few-sales-in-zipcode",
            detail=f"the model has seen {count} sales in {row[ZIPCODE]:05.0f}",
            field="zipcode",
            accepted=f"{settings.few_sales} sales or more",
        )


def _odd_position(
    sold: Sold, miles: Rows, row: Rows, settings: WarningParameters
) -> Iterator[Caution]:
    order = np.argsort(miles, kind="stable")[:AROUND]
    if miles[order[0]] > settings.far_miles:
        yield Caution(
            code="far-from-any-sale",
            detail=f"the nearest sale that the model has seen is {miles[order[0]]:.1f} miles away",
            field="lat, long",
            accepted=f"within {settings.far_miles:g} miles of a sale",
        )
    around = sorted(set(sold.inputs[order, ZIPCODE].tolist()))
    if row[ZIPCODE] not in around:
        names = ", ".join(f"{zipcode:05.0f}" for zipcode in around)
        yield Caution(
            code="zipcode-not-at-position",
            detail=f"no sale around this position is in {row[ZIPCODE]:05.0f}",
            field="zipcode",
            accepted=names,
        )


def _old_model(
    sold: Sold, row: Rows, today: date, settings: WarningParameters
) -> Iterator[Caution]:
    """The day of the valuation, today if none is asked for, against the days of the sales."""
    first, last = float(sold.days.min()), float(sold.days.max())
    asked = float(row[INPUTS.index(VALUATION_DATE)])
    known = f"{date.fromordinal(int(first))} to {date.fromordinal(int(last))}"
    if asked and asked < first:
        yield Caution(
            code="valuation-date-before-data",
            detail="valued as on the day of the first sale that the model has seen",
            field=VALUATION_DATE,
            accepted=known,
        )
    months = ((asked or today.toordinal()) - last) / DAYS_PER_MONTH
    if months > settings.old_months:
        yield Caution(
            code="model-is-old",
            detail=(
                f"the last sale that the model has seen was {months:.0f} months before "
                f"{'the valuation date' if asked else 'today; the estimate is of its day'}"
            ),
            field=VALUATION_DATE,
            accepted=known,
        )
