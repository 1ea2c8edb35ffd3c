"""In what drift is looked for: not in the price level, which is another every day."""

from collections.abc import Sequence

import numpy as np

from predictions.contract import Monitored, Rows
from predictors.bitcoin.ml.features import BASIS_POINTS, CONTEXT, MODEL_FEATURES

_CLOSE = "price_close"


def monitored(feature_names: Sequence[str], rows: Rows, predictions: Rows) -> Monitored:
    """The features free of scale, and predictions in basis points from the last close.

    Of another model than ours all inputs: it hangs on the level of prices.
    """
    if tuple(feature_names) != MODEL_FEATURES:
        return Monitored(tuple(feature_names), rows, predictions)
    closes = rows[: len(predictions), MODEL_FEATURES.index(_CLOSE)]
    return Monitored(
        feature_names=MODEL_FEATURES[len(CONTEXT) :],
        rows=rows[:, len(CONTEXT) :],
        predictions=np.log(np.maximum(predictions, np.finfo(float).tiny) / closes) * BASIS_POINTS,
    )
