"""The linear part: log price as a sum of straight and bent lines, and an effect of the zipcode.

Ridge regression. It carries the trend of prices, which trees cannot follow beyond the last sale,
and goes on outside the data as inside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from predictors.homes.ml.champion.features import LINEAR_TERMS, YEARS
from predictors.homes.ml.champion.parameters import Linear

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LinearPart:
    """`terms · x + bends · max(x[bent] - knots, 0) + the zipcode's effect + intercept`."""

    names: tuple[str, ...]
    """Of `x`, `(n_terms,)`."""
    terms: Rows
    bent: npt.NDArray[np.intp]
    """`(n_bends,)`: which of `x` each bend belongs to."""
    knots: Rows
    bends: Rows
    zipcodes: Rows
    """As numbers, ascending, `(n_zipcodes,)`."""
    effects: Rows
    """One more than `zipcodes`: the last is that of a zipcode without sales, 0, the average."""
    intercept: float

    def __call__(self, seen: Mapping[str, Rows], zipcode: Rows) -> Rows:
        """Log price by columns `(n_homes,)`."""
        x = np.column_stack([seen[name] for name in self.names])
        return self.of_matrix(x) + self.effects[self.places(zipcode)]

    def trend(self, years: Rows) -> Rows:
        """What the time of the sale adds, `(n_homes,)`; part of what a call gives."""
        place = self.names.index(YEARS)
        mine = self.bent == place
        bends = np.maximum(years[:, None] - self.knots[mine], 0.0)
        added: Rows = years * self.terms[place] + bends @ self.bends[mine]
        return added

    def of_matrix(self, x: Rows) -> Rows:
        """`(n_homes, n_terms)` to `(n_homes,)`, without the zipcode's effect."""
        answer: Rows = x @ self.terms + _bend(x, self.bent, self.knots) @ self.bends
        return answer + self.intercept

    def shares(self, x: Rows, zipcode: Rows, groups: Mapping[str, Sequence[str]]) -> Rows:
        """`(n_homes, n_groups)`: what the terms of each group add to the log price.

        The effect of the zipcode goes to the first group.
        """
        bends = _bend(x, self.bent, self.knots) * self.bends
        found = np.zeros((len(x), len(groups)))
        for place, names in enumerate(groups.values()):
            own = [self.names.index(name) for name in names]
            found[:, place] = x[:, own] @ self.terms[own]
            found[:, place] += bends[:, np.isin(self.bent, own)].sum(axis=1)
        found[:, 0] += self.effects[self.places(zipcode)]
        return found

    def places(self, zipcode: Rows) -> npt.NDArray[np.intp]:
        zipcode = np.rint(zipcode)
        place = np.searchsorted(self.zipcodes, zipcode)
        place = np.minimum(place, len(self.zipcodes) - 1)
        return np.where(self.zipcodes[place] == zipcode, place, len(self.zipcodes))


def _bend(x: Rows, bent: npt.NDArray[np.intp], knots: Rows) -> Rows:
    bends: Rows = np.maximum(x[:, bent] - knots, 0.0)
    return bends


def fit_linear(
    seen: Mapping[str, Rows], zipcode: Rows, target: Rows, settings: Linear, trend_knots: Rows
) -> LinearPart:
    """`seen` and `zipcode` by columns `(n_sales,)`, `target` the log price `(n_sales,)`.

    The trend of prices bends at `trend_knots`, in years.
    """
    names = (*LINEAR_TERMS, *settings.knots)
    x = np.column_stack([seen[name] for name in names])
    knots = {
        names.index(name): np.unique(
            np.quantile(seen[name], np.linspace(0, 1, count + 1, endpoint=False)[1:])
        )
        for name, count in settings.knots.items()
    }
    knots[names.index(YEARS)] = trend_knots
    bent = np.concatenate([np.full(len(at), place) for place, at in knots.items()])
    # Not at the top: who only asks need not wait for it.
    from sklearn.linear_model import Ridge

    at = np.concatenate(list(knots.values()))
    zipcodes, codes = np.unique(zipcode, return_inverse=True)
    design = np.hstack([x, _bend(x, bent, at), np.eye(len(zipcodes))[codes]])
    # Each by its spread, so that the penalty means the same to all of them; what does not vary
    # gets no weight.
    centre, spread = design.mean(axis=0), design.std(axis=0)
    spread = np.where(spread > 1e-9, spread, np.inf)
    ridge = Ridge(settings.alpha).fit((design - centre) / spread, target)
    weights = ridge.coef_ / spread
    terms, bends, effects = np.split(weights, [len(names), len(names) + len(at)])
    average = float(centre[-len(zipcodes) :] @ effects)
    return LinearPart(
        names=names,
        terms=terms,
        bent=bent,
        knots=at,
        bends=bends,
        zipcodes=zipcodes,
        effects=np.append(effects - average, 0.0),
        intercept=float(ridge.intercept_ - centre @ weights + average),
    )
