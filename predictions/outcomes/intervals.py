"""The 90 % intervals of predictions that have an outcome: what the model would have said.

Asked for with the answer they are in the log; else the version that answered is asked now, in a
worker, with the inputs that the log holds.
"""

import logging
import math

import numpy as np

from modelregistry.errors import ModelUnavailable
from modelregistry.loading import LoadedModel, load
from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.models import Prediction
from predictions.outcomes.models import Outcome

logger = logging.getLogger(__name__)

BATCH = 2_000


def add_intervals() -> int:
    """For all that wait for it; how many there were. Twice at once, or again, changes nothing."""
    waiting = Outcome.objects.without_interval()
    versions = ModelVersion.objects.filter(pk__in=waiting.values("model_version").distinct())
    return sum(_added_to(version) for version in versions)


def _added_to(version: ModelVersion) -> int:
    """A version that fails keeps nothing from the others."""
    try:
        return _of_version(version)
    except Exception:
        logger.exception("no intervals of outcomes of %s", version)
        return 0


def _of_version(version: ModelVersion) -> int:
    waiting = Outcome.objects.without_interval().filter(model_version=version)
    try:
        model = load(version)
    except ModelUnavailable as error:
        logger.warning("intervals of outcomes wait: %s", error.detail)
        return 0
    last, done = 0, 0
    while batch := list(waiting.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        done += len(batch)
        _ask(model, batch)
    return done


def _ask(model: LoadedModel, outcomes: list[Outcome]) -> None:
    """A prediction whose month has left the log stays without interval."""
    ids = [outcome.prediction_id for outcome in outcomes]
    logged = Prediction.objects.filter(id__in=ids).values_list("id", "features")
    inputs = {identity: features for identity, features in logged if features is not None}
    asked = [outcome for outcome in outcomes if outcome.prediction_id in inputs]
    if asked:
        rows = np.array([inputs[outcome.prediction_id] for outcome in asked], dtype=np.float64)
        bounds = catalog.get(model.predictor).intervals(model, rows)
        if bounds is not None:
            for outcome, lower, upper in zip(asked, *map(np.ndarray.tolist, bounds), strict=True):
                if math.isfinite(lower) and math.isfinite(upper) and lower <= upper:
                    outcome.lower, outcome.upper = lower, upper
    for outcome in outcomes:
        outcome.intervals_known = True
    Outcome.objects.save_intervals(outcomes)
