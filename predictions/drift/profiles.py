"""Training profiles: made once per version, beside its training or when they are first needed."""

import numpy as np

from learning.drift import profile_of
from modelregistry import loading
from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.drift.models import TrainingProfile
from predictions.errors import NotReady

PREDICTED_ROWS = 5_000


def profile_for(version: ModelVersion, source: TrainingProfile.Source) -> TrainingProfile:
    """The one that is there, or a new one from what the tables hold now.

    Raises NotReady when they hold nothing, ModelUnavailable.
    """
    known = TrainingProfile.objects.filter(version=version).first()
    if known is not None:
        return known
    predictor = catalog.get(version.predictor)
    names = tuple(version.feature_names)
    rows = predictor.training_rows(names)
    if not len(rows):
        raise NotReady(f"there is nothing in the tables to compare requests to {version} with")
    chosen = np.linspace(0, len(rows) - 1, min(PREDICTED_ROWS, len(rows))).astype(int)
    predictions = loading.load(version).predict(rows[chosen])
    monitored = predictor.monitored(names, rows, np.empty(0))
    profile = profile_of(
        rows=monitored.rows,
        predictions=predictor.monitored(names, rows[chosen], predictions).predictions,
        feature_names=monitored.feature_names,
        optional={field.name for field in predictor.fields(names) if field.optional},
    )
    trained_with = version.trained_on.get("reference_fingerprint")
    # Two at once: the second takes what the first made.
    return TrainingProfile.objects.get_or_create(
        version=version,
        defaults={
            "source": source,
            "rows": len(rows),
            "profile": profile.as_json(),
            "reference_fingerprint": trained_with or predictor.reference_fingerprint(),
        },
    )[0]
