"""What a pickled champion consists of, beside arrays."""

from learning.conformal import Quantiles
from learning.trees import ObliviousTrees
from predictors.homes.ml.champion.columns import Calendar
from predictors.homes.ml.champion.core import Core
from predictors.homes.ml.champion.ensemble import Ensemble
from predictors.homes.ml.champion.intervals import Drift, IntervalModel
from predictors.homes.ml.champion.linear import LinearPart
from predictors.homes.ml.champion.model import Champion
from predictors.homes.ml.champion.neighbourhood import Neighbourhood
from predictors.homes.ml.champion.parameters import (
    Boosting,
    IntervalParameters,
    Linear,
    Parameters,
    WarningParameters,
)
from predictors.homes.ml.champion.parameters import Neighbourhood as NeighbourhoodParameters
from predictors.homes.ml.champion.sold import Sold

CHAMPION_CLASSES = frozenset(
    f"{kind.__module__}.{kind.__qualname__}"
    for kind in (
        Boosting,
        Calendar,
        Champion,
        Core,
        Drift,
        Ensemble,
        IntervalModel,
        IntervalParameters,
        Linear,
        LinearPart,
        Neighbourhood,
        NeighbourhoodParameters,
        ObliviousTrees,
        Parameters,
        Quantiles,
        Sold,
        WarningParameters,
    )
)
