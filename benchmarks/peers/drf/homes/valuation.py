"""The model and the demographics, loaded once per process."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pandas as pd

MODEL = pickle.loads(Path(os.environ["PEER_MODEL"]).read_bytes())
FEATURES = json.loads(Path(os.environ["PEER_FEATURES"]).read_bytes())
DEMOGRAPHICS = pd.read_csv(os.environ["PEER_DEMOGRAPHICS"], dtype={"zipcode": str})


def value(home: dict[str, Any]) -> float:
    """The estimate for one home, USD."""
    data = pd.DataFrame([home]).merge(DEMOGRAPHICS, how="left", on="zipcode")
    return float(MODEL.predict(data[FEATURES])[0])
