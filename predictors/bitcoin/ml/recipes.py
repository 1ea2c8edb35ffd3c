"""The ways to train a model of the next traded second, and what their pickles consist of."""

from collections.abc import Callable, Mapping

import pandas as pd

from learning.artifact import Artifact
from learning.progress import Progress
from predictors.bitcoin.ml.handed_over import HANDED_OVER_CLASSES
from predictors.bitcoin.ml.ridge import RIDGE_CLASSES
from predictors.bitcoin.ml.training import RIDGE, train_ridge

RECIPES: Mapping[str, Callable[[pd.DataFrame, Progress], Artifact]] = {RIDGE: train_ridge}
"""From `(n_seconds, 7)`, FRAME_COLUMNS, to what is registered."""
CLASSES = HANDED_OVER_CLASSES | RIDGE_CLASSES
"""What a pickled model may name, beside arrays."""
