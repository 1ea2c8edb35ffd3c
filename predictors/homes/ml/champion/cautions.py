"""Reasons to trust an estimate less: what the training data does not cover."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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

DAY, ZIPCODE = INPUTS.index(VALUATION_DATE), INPUTS.index("zipcode")
# What a client sends as numbers; the position and the zipcode are looked at in other ways.
RANGED = tuple(field.name for field in HOME_FIELDS if field.name not in ("zipcode", "lat", "long"))
# Sales around a position, among which its zipcode should occur.
AROUND = 30
DAYS_PER_MONTH = 30.44
# What is said of a home below, and above, all of its zipcode. Only where errors are larger then:
# not of smaller lots and newer homes (docs/experiments.md).
BELOW: Mapping[str, str] = {
    "sqft_living": "smaller than any home",
    "bedrooms": "with fewer bedrooms than any home",
    "bathrooms": "with fewer bathrooms than any home",
    "grade": "of a lower grade than any home",
    "condition": "in worse condition than any home",
    "yr_built": "older than any home",
}
ABOVE: Mapping[str, str] = {
    "sqft_living": "larger than any home",
    "sqft_lot": "on a larger lot than any home",
    "bedrooms": "with more bedrooms than any home",
    "bathrooms": "with more bathrooms than any home",
    "grade": "of a higher grade than any home",
}
COMPARED = tuple(dict.fromkeys((*BELOW, *ABOVE)))
# Fewer sales than these have no usual home.
TELLING_SALES = 10


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Of the sales of a zipcode."""

    sales: int
    low: Rows
    """`(n_inputs,)`, as `high`."""
    high: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Covered:
    """What the training data covers, found once."""

    low: Rows
    """`(n_inputs,)`, as `high`."""
    high: Rows
    zipcodes: Mapping[float, Seen]

    @property
    def days(self) -> tuple[float, float]:
        return float(self.low[DAY]), float(self.high[DAY])


def covered_by(sold: Sold) -> Covered:
    inputs = sold.inputs[np.argsort(sold.inputs[:, ZIPCODE], kind="stable")]
    zipcodes, starts, counts = np.unique(inputs[:, ZIPCODE], return_index=True, return_counts=True)
    low = np.minimum.reduceat(inputs, starts)
    high = np.maximum.reduceat(inputs, starts)
    found = zip(zipcodes.tolist(), counts.tolist(), low, high, strict=True)
    seen = {zipcode: Seen(count, least, most) for zipcode, count, least, most in found}
    return Covered(low.min(axis=0), high.max(axis=0), seen)


def cautions(
    covered: Covered,
    miles: Rows,
    zipcodes: Rows,
    *,
    row: Rows,
    today: date,
    settings: WarningParameters,
) -> Iterator[Caution]:
    """Of the home `row` `(n_inputs,)`; `miles` to the nearest AROUND sales, and their zipcodes."""
    yield from _out_of_range(covered, row)
    yield from _unusual_for_zipcode(covered, row)
    yield from _thin_zipcode(covered, row, settings)
    yield from _odd_position(miles, zipcodes, row, settings)
    yield from _old_model(covered, row, today, settings)


def _out_of_range(covered: Covered, row: Rows) -> Iterator[Caution]:
    for name in RANGED:
        place = INPUTS.index(name)
        low, high, value = (float(of[place]) for of in (covered.low, covered.high, row))
        if not low <= value <= high:
            yield Caution(
                code="outside-training-data",
                detail=f"{name} {value:.10g} is beyond every home that the model has seen",
                field=name,
                accepted=f"{low:.10g} to {high:.10g}",
            )


def _unusual_for_zipcode(covered: Covered, row: Rows) -> Iterator[Caution]:
    """Beyond all homes of its zipcode, but not beyond all others, which was said already."""
    seen = covered.zipcodes.get(float(row[ZIPCODE]))
    if seen is None or seen.sales < TELLING_SALES:
        return
    zipcode = f"{row[ZIPCODE]:05.0f}"
    for name in COMPARED:
        place = INPUTS.index(name)
        low, high, value = (float(of[place]) for of in (seen.low, seen.high, row))
        said = BELOW.get(name) if value < low else ABOVE.get(name) if value > high else None
        if said and covered.low[place] <= value <= covered.high[place]:
            yield Caution(
                code="unusual-for-zipcode",
                detail=f"{said} that the model has seen in {zipcode}",
                field=name,
                accepted=f"{low:.10g} to {high:.10g} in {zipcode}",
            )


def _thin_zipcode(covered: Covered, row: Rows, settings: WarningParameters) -> Iterator[Caution]:
    seen = covered.zipcodes.get(float(row[ZIPCODE]))
    count = seen.sales if seen else 0
    if count < settings.few_sales:
        yield Caution(
            code="few-sales-in-zipcode",
            detail=f"the model has seen {count} sales in {row[ZIPCODE]:05.0f}",
            field="zipcode",
            accepted=f"{settings.few_sales} sales or more",
        )


def _odd_position(
    miles: Rows, zipcodes: Rows, row: Rows, settings: WarningParameters
) -> Iterator[Caution]:
    if miles[0] > settings.far_miles:
        yield Caution(
            code="far-from-any-sale",
            detail=f"the nearest sale that the model has seen is {miles[0]:.1f} miles away",
            field="lat, long",
            accepted=f"within {settings.far_miles:g} miles of a sale",
        )
    around = sorted(set(zipcodes.tolist()))
    if row[ZIPCODE] not in around:
        names = ", ".join(f"{zipcode:05.0f}" for zipcode in around)
        yield Caution(
            code="zipcode-not-at-position",
            detail=f"no sale around this position is in {row[ZIPCODE]:05.0f}",
            field="zipcode",
            accepted=names,
        )


def _old_model(
    covered: Covered, row: Rows, today: date, settings: WarningParameters
) -> Iterator[Caution]:
    """The day of the valuation, today if none is asked for, against the days of the sales."""
    first, last = covered.days
    asked = float(row[DAY])
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
