"""Under load: a version that passed the gate and fails in service is gone within ten seconds."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsRegressor

from benchmarks.asking import Askers
from learning.artifact import pickled
from predictors.homes.ml.schema import HOME_FIELDS
from tests.live import Live, manage, wait_until
from tests.predictions.promotion.conftest import SALES

SECONDS = 10


def failing_at(home: dict[str, Any], folder: Path) -> tuple[str, str]:
    """Files of a model that knows no price for this very home, and one for any other: the gate,
    which tries homes that were sold and homes that nobody built, finds nothing."""
    names = [field.name for field in HOME_FIELDS if field.name != "zipcode"]
    sales = pd.read_csv(SALES)
    homes = pd.concat([sales[names], pd.DataFrame([home])[names]]).astype(float)
    prices = np.append(sales["price"].to_numpy(dtype=float), 0.0)
    model = KNeighborsRegressor(1).fit(homes, prices)
    model._y = np.append(prices[:-1], np.nan)
    files = folder / "model.pkl", folder / "model_features.json"
    files[0].write_bytes(pickled(model))
    files[1].write_text(json.dumps(names))
    return str(files[0]), str(files[1])


def test_it_works(own: Live, home: dict[str, Any], tmp_path: Path) -> None:
    registering = manage(own.var, "register_model", "homes", *failing_at(home, tmp_path))
    assert registering.returncode == 0, registering.stderr
    with own.database() as database:
        newest = "SELECT max(version) FROM modelregistry_modelversion WHERE predictor = 'homes'"
        (failing,) = database.execute(newest).fetchone() or (0,)
        with Askers([f"127.0.0.1:{own.port}"], home) as askers:
            askers.wait_for(100)
            assert {reply.status for reply in askers.replies} == {200}
            database.execute(
                "UPDATE modelregistry_modelversion SET is_active = (version = %s) "
                "WHERE predictor = 'homes'",
                [failing],
            )
            wait_until(lambda: bool(askers.of_status(500)))
            back = (
                "SELECT is_active FROM modelregistry_modelversion "
                "WHERE predictor = 'homes' AND version = %s"
            )
            wait_until(lambda: database.execute(back, [failing]).fetchone() == (False,), SECONDS)
            own.wait_for("guard: homes")
            # Each process follows when it has loaded the other.
            wait_until(lambda: {reply.status for reply in askers.replies[-50:]} == {200})
        assert {reply.version for reply in askers.of_status(200)} == {1}
        kept = database.execute("SELECT outcome, reason FROM promotion_guardintervention")
        ((outcome, reason),) = kept.fetchall()
    assert outcome == "rolled_back"
    assert "predictions failed" in reason


@pytest.fixture
def home(home: dict[str, Any]) -> dict[str, Any]:
    """One that was never sold."""
    return home | {"sqft_living": 1_237, "sqft_above": 1_237, "sqft_basement": 0}
