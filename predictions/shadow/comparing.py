"""A shadow beside what was answered: differences, times, and errors once the truth is known.

The database computes what can be computed there: a web process answers requests meanwhile.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from learning.metrics import valuation_metrics
from learning.resampling import paired_bootstrap
from predictions.models import first_id
from predictions.outcomes.models import Outcome
from predictions.shadow.models import Shadow, ShadowAnswer

LATEST = 100_000
"""So many answers are looked at, the newest. Of outcomes fewer: they are drawn anew 1,000 times."""
LATEST_OUTCOMES = 10_000
GROUPS = 100
KINDS = 20
BEYOND = (5, 10, 20)
LEAST_FOR_INTERVAL = 30

Values = npt.NDArray[np.float64]
Figures = Mapping[str, float | None]

_ANSWERS, _OUTCOMES = ShadowAnswer._meta.db_table, Outcome._meta.db_table
# Of what is less than a cent, nothing is a per cent.
_LAST = f"""
WITH last AS MATERIALIZED (
    SELECT * FROM {_ANSWERS} WHERE shadow_id = %(shadow)s AND prediction_id >= %(first)s
    ORDER BY prediction_id DESC LIMIT {LATEST}),
pairs AS (
    SELECT *, shadow_prediction - live_prediction AS apart,
           CASE WHEN abs(live_prediction) >= 0.01
           THEN 100 * (shadow_prediction - live_prediction) / abs(live_prediction) END AS percent
    FROM last WHERE shadow_prediction IS NOT NULL)
"""  # noqa: S608
_COUNTS = "SELECT count(*), count(shadow_prediction) FROM last"
_ERRORS = f"""SELECT error, count(*) FROM last WHERE error <> '' GROUP BY error
ORDER BY 2 DESC, 1 LIMIT {KINDS}"""  # noqa: S608
_SPREAD = "percentile_cont(ARRAY[0.05, 0.5, 0.95]) WITHIN GROUP (ORDER BY {0}), avg({0})"
_SHARES = ", ".join(f"100 * avg((abs(percent) > {limit})::int)::float8" for limit in BEYOND)
_DIFFERENCE = (
    f"SELECT {_SPREAD.format('apart')}, {_SPREAD.format('percent')}, "  # noqa: S608
    f"percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(percent)), {_SHARES} FROM pairs"
)
_BY_GROUP = f"""SELECT name, value, count, median, mean, median_size FROM (
    SELECT g.key AS name, g.value, count(*) AS count, avg(percent) AS mean,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY percent) AS median,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(percent)) AS median_size,
           row_number() OVER (PARTITION BY g.key ORDER BY count(*) DESC, g.value) AS place
    FROM pairs, jsonb_each_text(groups) AS g GROUP BY g.key, g.value) AS found
WHERE place <= {GROUPS} ORDER BY name, place"""  # noqa: S608
_QUANTILES = "percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY {0})"
_TIMES = (
    f"SELECT {_QUANTILES.format('request_ms')}, count(live_ms), "  # noqa: S608
    f"{_QUANTILES.format('live_ms')}, "
    f"{_QUANTILES.format('shadow_ms')} FILTER (WHERE live_ms IS NOT NULL) FROM last"
)
# Outcomes come late: of all answers, not of the last ones.
_KNOWN = f"""SELECT o.actual, a.live_prediction, a.shadow_prediction
FROM {_OUTCOMES} o JOIN {_ANSWERS} a ON a.prediction_id = o.prediction_id
WHERE a.shadow_id = %(shadow)s AND a.prediction_id >= %(first)s
  AND a.shadow_prediction IS NOT NULL
ORDER BY a.prediction_id DESC LIMIT {LATEST_OUTCOMES}"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    value: str
    count: int
    median: float | None
    """Of the difference, per cent of what was answered; so is `mean`."""
    mean: float | None
    median_size: float | None
    """Of the difference without its sign."""


@dataclass(frozen=True, slots=True)
class AgainstOutcomes:
    count: int
    live: Figures
    """MdAPE and shares within 5, 10, 20 %, in per cent; so for `shadow`, on the same rows."""
    shadow: Figures
    difference: float | None
    """MdAPE of the shadow minus that of what was answered: below 0 the shadow is nearer."""
    interval: tuple[float, float] | None
    """95 %, of `difference`; None below 30 outcomes."""


@dataclass(frozen=True, slots=True)
class Comparison:
    shadow: Shadow
    since: datetime
    count: int
    answered: int
    errors: list[tuple[str, int]]
    apart: Figures
    """In the predictor's currency, shadow minus live: p5, median, p95, mean."""
    percent: Figures
    """The same of what was answered, %; `median_size` without the sign, `beyond_5` … shares."""
    groups: list[Group]
    timed: int
    """So many requests were timed on both models, side by side."""
    request_ms: Figures
    live_ms: Figures
    shadow_ms: Figures
    outcomes: AgainstOutcomes


def compare(shadow: Shadow, *, since: datetime | None = None) -> Comparison:
    """Of requests from `since` on: the newest 100,000 answers, and the newest 10,000 outcomes."""
    start = max(shadow.since, since or shadow.since)
    of = {"shadow": shadow.pk, "first": first_id(start)}
    [(count, answered)] = _ask(_LAST + _COUNTS, of)
    [(apart, apart_mean, percent, percent_mean, size, *beyond)] = _ask(_LAST + _DIFFERENCE, of)
    [(request_ms, timed, live_ms, shadow_ms)] = _ask(_LAST + _TIMES, of)
    return Comparison(
        shadow=shadow,
        since=start,
        count=count,
        answered=answered,
        errors=[(text, number) for text, number in _ask(_LAST + _ERRORS, of)],
        apart=_spread(apart, apart_mean),
        percent={
            **_spread(percent, percent_mean),
            "median_size": size,
            **{f"beyond_{limit}": share for limit, share in zip(BEYOND, beyond, strict=True)},
        },
        groups=[Group(*row) for row in _ask(_LAST + _BY_GROUP, of)],
        timed=timed,
        request_ms=_quantiles(request_ms),
        live_ms=_quantiles(live_ms),
        shadow_ms=_quantiles(shadow_ms),
        outcomes=_against_outcomes(_ask(_KNOWN, of)),
    )


def _ask(statement: str, of: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, of)
        return list(cursor.fetchall())


def _spread(found: Sequence[float] | None, mean: float | None) -> Figures:
    p5, median, p95 = found or (None, None, None)
    return {"median": median, "mean": mean, "p5": p5, "p95": p95}


def _quantiles(found: Sequence[float] | None) -> Figures:
    return dict(zip(("p50", "p95", "p99"), found or (None, None, None), strict=True))


def _against_outcomes(rows: list[tuple[Any, ...]]) -> AgainstOutcomes:
    if not rows:
        return AgainstOutcomes(0, _accuracy({}), _accuracy({}), None, None)
    actual, live, shadow = np.array(rows, dtype=np.float64).T
    with np.errstate(all="ignore"):
        of_live = _accuracy(valuation_metrics(actual, live))
        of_shadow = _accuracy(valuation_metrics(actual, shadow))
        interval = _interval(actual, live, shadow)
    both = of_shadow["mdape"], of_live["mdape"]
    difference = None if None in both else _finite(both[0] - both[1])  # type: ignore[operator]
    return AgainstOutcomes(len(rows), of_live, of_shadow, difference, interval)


def _interval(actual: Values, live: Values, shadow: Values) -> tuple[float, float] | None:
    if len(actual) < LEAST_FOR_INTERVAL:
        return None
    found = paired_bootstrap(_mdape, actual, shadow, live)["mdape"]["interval"]
    return (found[0], found[1]) if all(map(math.isfinite, found)) else None


def _mdape(actual: Values, predicted: Values) -> dict[str, float]:
    return {"mdape": float(100 * np.median(np.abs(predicted - actual) / actual))}


def _accuracy(metrics: Mapping[str, float]) -> Figures:
    names = ("mdape", "within_5", "within_10", "within_20")
    return {name: _finite(metrics.get(name)) for name in names}


def _finite(value: float | None) -> float | None:
    """JSON knows neither NaN nor infinity."""
    return None if value is None or not math.isfinite(value) else value
