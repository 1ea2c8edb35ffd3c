"""Is a version better than the active one? Measured on what neither has learned from.

Both value the same rows. Of the difference of their MdAPE (the median of |estimate - actual| /
actual, %) a paired bootstrap gives the 95 % interval: the rows are drawn anew, the same for both,
so that what makes a row hard for both cancels out. The proof holds if the whole interval lies below
minus the threshold: were they equally good, it would do so in one case of forty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from learning.resampling import LEVEL, Values, paired_bootstrap
from modelregistry import loading
from modelregistry.errors import ModelUnavailable
from modelregistry.loading import LoadedModel
from modelregistry.models import ModelVersion
from predictions.contract import HeldOut, Predictor
from predictions.promotion.models import PromotionPolicy

# NaN, infinities, and what would become one in a mean: no number of it could be kept.
BEYOND_REASON = 1e100


@dataclass(frozen=True, slots=True)
class Proof:
    reason: str
    """In words, with the numbers that decided."""
    holds: bool = False
    is_measured: bool = True
    """False if there was nothing to measure against."""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    """Ready for JSON."""


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    estimates: Values
    """`(n_rows,)`, in the unit of the truth."""
    coverage: float | None
    """Share of the truths that lie in the intervals; None without intervals."""


class _Failed(Exception):
    """A version that does not answer; the message says how."""


def prove(
    predictor: Predictor,
    *,
    candidate: ModelVersion,
    active: ModelVersion,
    held_out: HeldOut,
    policy: PromotionPolicy,
) -> Proof:
    """Raises nothing for what the two versions do: that is a reason, too."""
    numbers: dict[str, Any] = {"held_out": dict(held_out.rule), "rows": len(held_out.actual)}
    try:
        former = _answers(predictor, active, held_out)
    except _Failed as error:
        reason = f"{active}, which answers now, {error}"
        return Proof(reason, is_measured=False, numbers=numbers)
    try:
        ours = _answers(predictor, candidate, held_out)
    except _Failed as error:
        return Proof(f"it {error}", numbers=numbers)
    numbers["candidate"] = _figures(held_out.actual, ours)
    numbers["active"] = _figures(held_out.actual, former)
    numbers["difference"] = paired_bootstrap(
        _errors, held_out.actual, ours.estimates, former.estimates
    )
    numbers["level"] = LEVEL
    against = [*_not_better(numbers, policy), *_intervals_do_not_hold(ours, former, policy)]
    return Proof("; ".join(against) or _in_words(numbers), holds=not against, numbers=numbers)


def _answers(predictor: Predictor, version: ModelVersion, held_out: HeldOut) -> _Answers:
    """Raises _Failed."""
    try:
        model = loading.load(version)
    except ModelUnavailable as error:
        raise _Failed(f"cannot be loaded: {error.detail}") from error
    try:
        return _asked(predictor, model, held_out)
    except _Failed:
        raise
    except Exception as error:  # foreign code may raise anything
        raise _Failed(f"fails at held out rows: {error}"[:1000]) from error


def _asked(predictor: Predictor, model: LoadedModel, held_out: HeldOut) -> _Answers:
    rows = held_out.rows(model.feature_names)
    estimates = np.asarray(model.predict(rows), dtype=np.float64)
    lost = int(np.sum(~(np.abs(estimates) < BEYOND_REASON)))
    if lost or estimates.shape != held_out.actual.shape:
        raise _Failed(f"answers {lost} of {len(rows)} held out rows with no number")
    bounds = predictor.intervals(model, rows)
    if bounds is None:
        return _Answers(estimates, None)
    within = (bounds[0] <= held_out.actual) & (held_out.actual <= bounds[1])
    return _Answers(estimates, float(np.mean(within)))


def _errors(actual: Values, estimates: Values) -> dict[str, float]:
    """Median and mean of the absolute percentage error, of arrays `(n_rows,)`."""
    off = 100 * np.abs(estimates - actual) / actual
    return {"mdape": float(np.median(off)), "mape": float(np.mean(off))}


def _figures(actual: Values, answers: _Answers) -> dict[str, Any]:
    return {**_errors(actual, answers.estimates), "coverage": answers.coverage}


def _not_better(numbers: Mapping[str, Any], policy: PromotionPolicy) -> list[str]:
    median, mean = numbers["difference"]["mdape"], numbers["difference"]["mape"]
    found = []
    if not median["interval"][1] < -policy.threshold:
        wanted = f"all below {-policy.threshold:+g}" if policy.threshold else "all below 0"
        found.append(f"{_in_words(numbers)}; the interval would have to be {wanted}")
    # The median does not see what happens to the worse half.
    if mean["interval"][0] > 0:
        lower, upper = mean["interval"]
        found.append(f"its mean error is larger by {lower:.2f} to {upper:.2f} points")
    return found


def _intervals_do_not_hold(ours: _Answers, former: _Answers, policy: PromotionPolicy) -> list[str]:
    if ours.coverage is None:
        return [] if former.coverage is None else ["it gives no intervals, the active one does"]
    if ours.coverage >= policy.least_coverage:
        return []
    held = f"its intervals hold {ours.coverage:.1%} of the truths"
    return [f"{held}, at least {policy.least_coverage:.1%} are asked for"]


def _in_words(numbers: Mapping[str, Any]) -> str:
    median = numbers["difference"]["mdape"]
    lower, upper = median["interval"]
    return (
        f"MdAPE {numbers['candidate']['mdape']:.2f} % against {numbers['active']['mdape']:.2f} % "
        f"on {numbers['rows']:,} held out rows: {median['difference']:+.2f} points, 95 % interval "
        f"{lower:+.2f} to {upper:+.2f}"
    )
