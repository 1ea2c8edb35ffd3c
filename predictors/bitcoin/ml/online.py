"""Learning a few more seconds, and judging whether the model is no worse for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from predictors.bitcoin.ml.accuracy import errors, rmse
from predictors.bitcoin.ml.examples import Examples
from predictors.bitcoin.ml.features import BASIS_POINTS, CONTEXT
from predictors.bitcoin.ml.ridge import FARTHEST, OnlineRidge, outcomes_of, standardised
from predictors.bitcoin.ml.targets import FORECASTS, NEXT_CLOSE, NEXT_HIGH

Rows = npt.NDArray[np.float64]

STORED: Final = "of the stored seconds"
TOLERANCE: Final = 0.01
"""By how much an RMSE may be above that before and still count as no worse: it is noise. Of good
updates of 60 seconds the worst was 0.6 % above (docs/decisions/0013)."""


LEAST_STORED: Final = 60
"""Stored seconds to be judged on besides what was sent, which alone proves nothing."""
MOST_WEIGHT: Final = 0.5
"""Of one second, its leverage. Of 5,500 true ones the largest was 0.09; with one price 10 % off
it is 0.98: it would drown all others in its direction, for days, however it is predicted."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Errors in USD at `next_close`, over the seconds just learned and the stored ones together."""

    before: dict[str, float]
    after: dict[str, float]
    """Each second that was just learned is predicted as if it alone had not been."""
    ewma: dict[str, float]
    objections: tuple[str, ...]
    """Why the model is worse than before, or than no model; none: it is not."""


def learned(model: OnlineRidge, new: Examples) -> OnlineRidge:
    """Another model that has also learned these, in the order of time.

    A high that nobody told (NaN) counts as what the model expects: the second then leaves the
    coefficients of the high where they are, but for the fading of older ones. For if
    (G + P) w = m, then also (G + z zᵀ + P) w = m + z zᵀ w.
    """
    expected = model.predict(new.asking(NEXT_HIGH))
    highs = np.where(np.isnan(new.next_high), expected, new.next_high)
    return model.updated(new.rows, new.next_close, highs)


def judge(before: OnlineRidge, after: OnlineRidge, new: Examples, stored: Examples) -> Judgement:
    """`after` has learned `new` last; `stored` are the newest of the others.

    It must be no worse than `before` on either, and no worse than EWMA(0.2) on `stored` and on both
    together, at each of FORECASTS. For what was learned shall neither be noise that nobody could
    have predicted, nor have cost what was known; and many small costs shall not add up. No second
    may weigh more than MOST_WEIGHT.
    """
    parts = {
        "of the seconds sent": _Part(new, _forecasts(before, new), left_out(after, new)),
        STORED: _Part(stored, _forecasts(before, stored), _forecasts(after, stored)),
    }
    objections = [*_unfit(after, new, stored)]
    together = []
    for place, target in enumerate(FORECASTS):
        compared = [part.compared(place) for part in parts.values()]
        for where, one in zip(parts, compared, strict=True):
            objections += [f"{target}: {why} {where}" for why in _worse_than_before(one)]
        both = _Compared(*(np.concatenate(each) for each in zip(*compared, strict=True)))
        for where, one in ((STORED, compared[-1]), ("of both", both)):
            objections += [f"{target}: {why} {where}" for why in _worse_than_ewma(one)]
        together.append(both)
    closes = together[FORECASTS.index(NEXT_CLOSE)]
    return Judgement(
        before=errors(closes.actual, closes.before),
        after=errors(closes.actual, closes.after),
        ewma=errors(closes.actual, closes.ewma),
        objections=tuple(objections),
    )


def left_out(model: OnlineRidge, learned_last: Examples) -> Rows:
    """`(n, 2)`, USD: what `model` would say of each second, had it not learned that one.

    In closed form: with A = G + penalty D, and a_i the weight of second i in G, its residual would
    be e_i / (1 - a_i z_iᵀ A⁻¹ z_i) (by the formula of Sherman and Morrison for A without one term).
    NaN where nobody told the high.
    """
    rows, leverage = learned_last.rows, leverages(model, learned_last)
    actual = outcomes_of(rows, learned_last.next_close, learned_last.next_high)
    expected = rows[:, len(CONTEXT) :] @ model.weights.T + model.constants
    left = np.maximum(1.0 - leverage, np.finfo(np.float64).eps)[:, None]
    without = actual - (actual - expected) / left
    np.clip(without, -FARTHEST, FARTHEST, out=without)
    forecasts: Rows = rows[:, 1, None] * np.exp(without / BASIS_POINTS)
    return forecasts


def leverages(model: OnlineRidge, learned_last: Examples) -> Rows:
    """`(n,)`, from 0 to 1: a_i z_iᵀ A⁻¹ z_i, how far each second decides its own prediction."""
    rows = learned_last.rows
    standard = standardised(rows[:, len(CONTEXT) :], model.mean, model.scale)
    drawn = np.full(len(model.gram), model.penalty)
    drawn[0] = 0.0
    solved = np.linalg.solve(model.gram + np.diag(drawn), standard.T)
    weights = model.forgetting ** np.arange(len(rows), dtype=np.float64)[::-1]
    leverage: Rows = weights * np.einsum("ij,ji->i", standard, solved)
    return leverage


def _unfit(after: OnlineRidge, new: Examples, stored: Examples) -> Iterator[str]:
    if len(stored) < LEAST_STORED:
        yield f"{len(stored)} other seconds are stored, {LEAST_STORED} are needed to be judged on"
    heaviest = float(leverages(after, new).max())
    if not heaviest <= MOST_WEIGHT:
        yield f"a second would weigh {heaviest:.2f} of its own prediction: its prices jump too far"


class _Compared(NamedTuple):
    """Each `(k,)`, USD."""

    actual: Rows
    before: Rows
    after: Rows
    ewma: Rows


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    examples: Examples
    before: Rows
    """`(n, 2)`, USD, for each of FORECASTS."""
    after: Rows

    def compared(self, place: int) -> _Compared:
        """At one of FORECASTS, where it is known what came."""
        actual = self.examples.actual(FORECASTS[place])
        known = ~np.isnan(actual)
        said = (self.before[:, place], self.after[:, place], self.examples.ewma)
        return _Compared(actual[known], *(one[known] for one in said))


def _forecasts(model: OnlineRidge, examples: Examples) -> Rows:
    return np.column_stack([model.predict(examples.asking(target)) for target in FORECASTS])


def _worse_than_before(part: _Compared) -> Iterator[str]:
    if not len(part.actual):
        return
    then, now = rmse(part.before - part.actual), rmse(part.after - part.actual)
    if not now <= then * (1 + TOLERANCE):  # nor is NaN
        yield f"RMSE {now:.4f}, before {then:.4f}, over {len(part.actual):,}"


def _worse_than_ewma(whole: _Compared) -> Iterator[str]:
    if not len(whole.actual):
        return
    naive, now = rmse(whole.ewma - whole.actual), rmse(whole.after - whole.actual)
    if not now <= naive:
        yield f"RMSE {now:.4f}, EWMA {naive:.4f}, over {len(whole.actual):,}"
