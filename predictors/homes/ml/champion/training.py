"""From sales to a champion."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from learning.artifact import Artifact, fingerprint, pickled
from learning.conformal import fit_quantiles, upper_quantile
from learning.metrics import regression_metrics
from learning.progress import Progress, silent, within
from predictors.homes.ml.champion.columns import Calendar
from predictors.homes.ml.champion.core import Core
from predictors.homes.ml.champion.data import Told, TrainingData
from predictors.homes.ml.champion.ensemble import Ensemble
from predictors.homes.ml.champion.features import INPUTS
from predictors.homes.ml.champion.groups import LINEAR_GROUPS
from predictors.homes.ml.champion.growing import grow_ensemble, grow_sizes
from predictors.homes.ml.champion.intervals import Drift, IntervalModel, seen_by_sizes
from predictors.homes.ml.champion.linear import LinearPart
from predictors.homes.ml.champion.model import Champion
from predictors.homes.ml.champion.parameters import read_parameters
from predictors.homes.ml.champion.sold import Sold
from predictors.homes.ml.checks import checked, plausible
from predictors.homes.ml.inputs import VALUATION_DATE

Rows = npt.NDArray[np.float64]
# Errors of less than this share are not told apart: log(0) would be.
LEAST_ERROR = 0.02


def fit_champion(
    sales: pd.DataFrame, demographics: pd.DataFrame, seed: int | None = None
) -> Champion:
    """From all the given sales, in their order; prices in USD. The same gives the same model.

    `seed`: instead of that of the parameters. The sales were `checked`, or are part of such.
    """
    parameters = read_parameters()
    if seed is not None:
        parameters = replace(parameters, seed=seed)
    return _fit(TrainingData(plausible(sales), demographics, parameters))[0]


def train_champion(
    sales: pd.DataFrame, demographics: pd.DataFrame, progress: Progress = silent
) -> Artifact:
    """As `fit_champion`, with what is known of it. Raises UnfitData."""
    found = checked(sales, demographics)
    data = TrainingData(found.sales, demographics, read_parameters())
    champion, unseen = _fit(data, progress)
    rates = (found.sales["price"] / found.sales["sqft_living"]).groupby(found.sales["zipcode"])
    baseline = rates.transform("median") * found.sales["sqft_living"]
    return Artifact(
        name="champion",
        model_bytes=pickled(champion),
        feature_names=INPUTS,
        metrics={
            "out_of_fold": regression_metrics(data.prices, np.exp(unseen)),
            "baseline_zipcode_median": regression_metrics(data.prices, baseline.to_numpy()),
        },
        trained_on={
            "recipe": "champion",
            "rows": len(found.sales),
            "first_day": str(min(found.sales["date"])),
            "last_day": str(max(found.sales["date"])),
            "seed": data.parameters.seed,
            "fingerprint": fingerprint(sales),
            "data_checks": found.as_json(),
        },
    )


def _fit(data: TrainingData, progress: Progress = silent) -> tuple[Champion, Rows]:
    """The champion, and what one like it says of each sale without having seen it, `(n_sales,)`."""
    parameters = data.parameters
    progress("fitting the linear part and the neighbourhood", 0.02)
    told = data.out_of_part(parameters.seed)
    linear, neighbourhood = data.fit(data.all)
    boosting, seed = parameters.boosting, parameters.seed
    seeds = range(seed * boosting.seeds, (seed + 1) * boosting.seeds)
    progress("growing trees", 0.1)
    ensemble = grow_ensemble(told, data.prices, boosting, seeds)
    unseen = _out_of_fold(data, told, within(progress, 0.3, 0.8))
    progress("fitting the intervals", 0.8)
    champion = Champion(
        core=Core(parameters, data.calendar, linear, neighbourhood, ensemble),
        interval_model=_interval_model(data, linear, told, unseen),
        sold=_sold(data, linear, ensemble, told, unseen),
        base=_typical(data),
    )
    return champion, unseen


def _out_of_fold(data: TrainingData, told: Told, progress: Progress) -> Rows:
    """`(n_sales,)`: what trees say that were grown without the sale."""
    found = np.empty(len(data.target))
    settings, seed = data.parameters.boosting, data.parameters.seed
    # Another cut than the one that `told` was made by.
    parts = data.parameters.interval.parts
    for number, (others, places) in enumerate(data.parts(parts, seed + 1)):
        progress(f"growing trees without part {number + 1} of {parts}", number / parts)
        grown = grow_ensemble(told.only(others), data.prices[others], settings, [seed])
        mine = told.only(places)
        found[places] = grown(mine.linear, mine.trend, mine.matrix)
    return found


def _interval_model(
    data: TrainingData, linear: LinearPart, told: Told, unseen: Rows
) -> IntervalModel:
    """`unseen` `(n_sales,)`: log prices as a model says that has not seen the sale."""
    settings, seed = data.parameters.interval, data.parameters.seed
    error = np.abs(data.target - unseen)
    seen, size = seen_by_sizes(told.matrix, unseen), np.log(error + LEAST_ERROR)
    expected = np.empty(len(size))
    for others, places in data.parts(settings.parts, seed + 2):
        expected[places] = grow_sizes(seen[others], size[others], settings, seed)(seen[places])
    quantiles = fit_quantiles(
        error / np.exp(expected),
        linear.places(data.zipcodes),
        len(linear.zipcodes),
        unseen,
        level=settings.level,
        bands=settings.bands,
        shrink=settings.shrink,
    )
    steady = IntervalModel(
        sizes=grow_sizes(seen, size, settings, seed),
        quantiles=quantiles,
        drift=Drift(factor=1.0, days=1.0),
    )
    return replace(steady, drift=_drift(data, linear, steady))


def _drift(data: TrainingData, linear: LinearPart, steady: IntervalModel) -> Drift:
    """How much wider intervals must be for the latest sales, valued by a model of the others."""
    order = data.sorted_by_day()
    cut = int(len(order) * (1 - data.parameters.interval.latest))
    earlier, latest = np.sort(order[:cut]), np.sort(order[cut:])
    last = float(data.days[earlier].max())
    past = data.only(earlier, Calendar(data.calendar.first, last, data.calendar.horizon))
    settings, seed = data.parameters.boosting, data.parameters.seed
    grown = grow_ensemble(past.out_of_part(seed), past.prices, settings, [seed])
    future = data.only(latest, past.calendar)
    told = future.as_told_by(*past.fit(past.all))
    log_price = grown(told.linear, told.trend, told.matrix)
    half = steady.half_width(linear, told.matrix, log_price, future.zipcodes, np.zeros(len(latest)))
    score = np.abs(future.target - log_price) / half
    factor = upper_quantile(score, data.parameters.interval.level)
    days = float((future.days - last).mean())
    return Drift(factor=max(factor, 1.0), days=max(days, 1.0))


def _sold(
    data: TrainingData, linear: LinearPart, ensemble: Ensemble, told: Told, unseen: Rows
) -> Sold:
    """Each sale as one sees it who does not know its price: else it would agree too well."""
    terms = np.column_stack([data.seen[name] for name in linear.names])
    spread = ensemble.trees.spread(told.matrix.astype(np.float32))
    return Sold(
        parcels=data.parcels.astype(str),
        days=data.days,
        prices=data.prices,
        inputs=data.inputs.to_numpy(dtype=np.float64),
        points=data.points,
        matrix=told.matrix.astype(np.float32),
        shares=linear.shares(terms, data.zipcodes, LINEAR_GROUPS),
        estimates=np.exp(unseen),
        tree_weights=spread / spread.sum(),
    )


def _typical(data: TrainingData) -> Rows:
    """The sold home nearest to the middle in everything, on the last day: `(n_inputs,)`."""
    rows = data.inputs.to_numpy(dtype=np.float64)
    spread = rows.std(axis=0)
    scaled = (rows - np.median(rows, axis=0)) / np.where(spread > 0, spread, 1.0)
    # The zipcode is a name, and the day is that of the model.
    scaled[:, [INPUTS.index("zipcode"), INPUTS.index(VALUATION_DATE)]] = 0.0
    typical: Rows = rows[int(np.argmin((scaled * scaled).sum(axis=1)))].copy()
    typical[INPUTS.index(VALUATION_DATE)] = data.calendar.last
    return typical
