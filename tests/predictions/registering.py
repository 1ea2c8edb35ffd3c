"""Models that nobody would use, for tests of what a service does with other inputs."""

import json
import pickle
import random
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.neighbors import KNeighborsRegressor

from modelregistry import artifacts
from modelregistry.models import ModelVersion


def registered(folder: Path, features: list[str]) -> ModelVersion:
    """Another model with these inputs, not active; the model is in `folder` too.

    As the registry keeps one, without the seconds that its gate takes.
    """
    draw = random.Random(7)
    rows = pd.DataFrame([[draw.uniform(1, 5000) for _ in features] for _ in range(50)])
    rows.columns = pd.Index(features)
    model_bytes = pickle.dumps(KNeighborsRegressor(3).fit(rows, np.arange(50) * 1e4))
    features_bytes = json.dumps(features).encode()
    (folder / "model.pkl").write_bytes(model_bytes)
    model_file, features_file = artifacts.store(
        predictor="homes", model_bytes=model_bytes, features_bytes=features_bytes
    )
    return ModelVersion.objects.create(
        predictor="homes",
        version=ModelVersion.objects.of("homes").count() + 1,
        name="model",
        model_file=model_file,
        features_file=features_file,
        model_sha256=artifacts.sha256(model_bytes),
        features_sha256=artifacts.sha256(features_bytes),
        feature_names=features,
        gate=ModelVersion.Gate.PASSED,
        engine="pickle",
    )
