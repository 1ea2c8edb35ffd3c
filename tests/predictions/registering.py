"""Models that nobody would use, for tests of what a service does with other inputs."""

import json
import pickle
import random
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
from django.core.management import call_command
from sklearn.neighbors import KNeighborsRegressor

from modelregistry.models import ModelVersion


def registered(folder: Path, features: list[str]) -> ModelVersion:
    """Another model with these inputs, not active; its files are in `folder`."""
    draw = random.Random(7)
    rows = [[draw.uniform(1, 5000) for _ in features] for _ in range(50)]
    model = KNeighborsRegressor(3).fit(pd.DataFrame(rows, columns=features), np.arange(50) * 1e4)
    files = folder / "model.pkl", folder / "model_features.json"
    files[0].write_bytes(pickle.dumps(model))
    files[1].write_text(json.dumps(features))
    call_command("register_model", "homes", *files, stdout=StringIO())
    version = ModelVersion.objects.of("homes").last()
    assert version is not None
    return version
