"""manage.py replay_predictions: what was said then, and what another version would have said."""

import csv
import http.client
import json
import math
import pickle
import random
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from modelregistry.models import ModelVersion
from predictions import models
from predictions.models import Prediction
from predictions.recording import record
from predictors.homes.models import ZipcodeDemographics
from tests.live import Live, manage

from .registering import registered
from .rows import NOW, row_of

JSON = "application/json"
MINIMAL = "/api/predict/minimal/"


def example_homes() -> list[dict[str, Any]]:
    with (settings.BASE_DIR / "data/sample/future_unseen_examples.csv").open() as file:
        return [
            {name: text if name == "zipcode" else float(text) for name, text in row.items()}
            for row in csv.DictReader(file)
        ]


@pytest.fixture
def logged(api: Client, minimal_home: dict[str, Any]) -> list[str]:
    """Ids of 40 answers, by turns of the two endpoints; 2 refusals are in the log as well."""
    ids = []
    for home in example_homes()[:20]:
        small = {name: home[name] for name in minimal_home}
        for path, body in (("/api/predict/", home), (MINIMAL, small)):
            ids.append(api.post(path, body, content_type=JSON).json()["id"])
    assert api.post("/api/predict/", {}, content_type=JSON).status_code == 422
    assert api.post("/api/predict/", [], content_type=JSON).status_code == 422
    return ids


def replayed(*arguments: str) -> str:
    output = StringIO()
    call_command("replay_predictions", *arguments, stdout=output, stderr=StringIO())
    return output.getvalue()


def test_it_works(logged: list[str]) -> None:
    text = replayed()
    assert "computed again on the versions that answered: 40\n" in text
    assert "equal in every bit: 40\ndifferent: 0\n" in text
    assert "nothing was predicted (status 422): 2\n" in text


def test_some_are_named(logged: list[str]) -> None:
    assert "equal in every bit: 2\n" in replayed("--id", logged[3], logged[7])
    unknown = str(uuid.uuid4())
    with pytest.raises(CommandError, match=unknown):
        replayed("--id", logged[3], unknown)
    with pytest.raises(CommandError, match="'x' is not the id of a prediction"):
        replayed("--id", "x")


def test_those_of_a_time_or_the_first_few(logged: list[str]) -> None:
    hour = timedelta(hours=1)
    before, after = (f"{datetime.now(UTC) + change:%Y-%m-%dT%H:%M}" for change in (-hour, hour))
    for arguments, count in (
        (("--since", before), 40),
        (("--since", before, "--until", after), 40),
        (("--since", after), 0),
        (("--until", before), 0),
        (("--until", "2026-05-01"), 0),
        (("--limit", "7"), 7),
        (("--predictor", "homes"), 40),
        (("--predictor", "horses"), 0),
    ):
        assert f"equal in every bit: {count}\n" in replayed(*arguments)
    with pytest.raises(CommandError, match="'may' is not a moment such as 2026-05-01"):
        replayed("--since", "may")


def test_more_rows_than_fit_in_a_chunk(logged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    in_chunks = models.PredictionQuerySet.in_chunks
    monkeypatch.setattr(models.PredictionQuerySet, "in_chunks", lambda rows: in_chunks(rows, 3))
    assert "equal in every bit: 40\n" in replayed()


def test_an_answer_that_differs_in_one_bit_is_found(
    logged: list[str], active_version: ModelVersion
) -> None:
    true = Prediction.objects.get(id=logged[5])
    row = row_of(
        NOW,
        model_version_id=active_version.pk,
        features=np.array(true.features),
        prediction=math.nextafter(true.prediction or 0, 0),
    )
    record(row)
    output = StringIO()
    with pytest.raises(CommandError, match="1 of them could not be computed as they were"):
        call_command("replay_predictions", stdout=output)
    assert "equal in every bit: 40\ndifferent: 1\n" in output.getvalue()
    assert str(uuid.UUID(bytes=row.id)) in output.getvalue()


def test_each_row_is_computed_on_the_version_that_answered_it(
    logged: list[str], api: Client, tmp_path: Path
) -> None:
    other = registered(tmp_path, ["bedrooms", "sqft_living", "hous_val_amt"])
    call_command("activate_model", "homes", other.version, stdout=StringIO())
    home = example_homes()[0]
    assert api.post("/api/predict/", home, content_type=JSON).json()["model"]["version"] == 2
    assert "equal in every bit: 41\n" in replayed()


def test_a_version_that_cannot_be_loaded_is_named(
    logged: list[str], active_version: ModelVersion
) -> None:
    ModelVersion.objects.filter(pk=active_version.pk).update(model_sha256="0" * 64)
    output = StringIO()
    with pytest.raises(CommandError, match="40 of them could not be computed"):
        call_command("replay_predictions", stdout=output)
    reason = "homes 1 (basic): model.pkl is not the file that was registered"
    assert f"not computed: 40: {reason}\n" in output.getvalue()


def test_another_version_takes_its_inputs_by_name(logged: list[str], tmp_path: Path) -> None:
    """Fewer, in another order; compared with what the model itself says."""
    names = ["hous_val_amt", "sqft_living", "bedrooms"]
    other = registered(tmp_path, names)
    # The census of today is not what the answers rested on.
    ZipcodeDemographics.objects.update(hous_val_amt=1)
    text = replayed("--version", str(other.version))
    assert f"computed again on homes {other.version} (model): 40\n" in text
    model = pickle.loads((tmp_path / "model.pkl").read_bytes())
    rows = list(Prediction.objects.filter(id__in=logged))
    inputs = pd.DataFrame([row.named_features for row in rows])[names]
    apart = abs(model.predict(inputs) - np.array([row.prediction for row in rows]))
    figures = (np.median(apart), np.quantile(apart, 0.9), apart.max())
    shown = re.search(r"by (.+) \(median\), (.+) \(90th percentile\), (.+) \(largest\)", text)
    assert shown and shown.groups() == tuple(f"{figure:,.2f}" for figure in figures)
    worst = rows[int(apart.argmax())]
    assert f"  {worst.id}  {worst.prediction:,.2f}, now " in text.split("the largest:\n")[1]


def test_inputs_that_the_row_lacks_come_from_its_request(logged: list[str], tmp_path: Path) -> None:
    """The minimal endpoint was not told the year."""
    other = registered(tmp_path, ["yr_built", "sqft_living", "hous_val_amt"])
    text = replayed("--version", str(other.version))
    assert ": 20\n" in text.splitlines(keepends=True)[0]
    reason = f"not answerable by homes {other.version} (model): the request has no yr_built"
    assert f"not computed: 20: {reason}\n" in text


def test_a_zipcode_and_a_day_that_only_the_other_version_takes_come_from_the_request(
    logged: list[str], api: Client, tmp_path: Path
) -> None:
    """The day if there was one: it is the client's to leave out."""
    other = registered(tmp_path, ["sqft_living", "valuation_date", "zipcode", "hous_val_amt"])
    home = example_homes()[0]
    dated = home | {"valuation_date": "2015-03-01"}
    assert api.post("/api/predict/", dated, content_type=JSON).status_code == 200
    model = pickle.loads((tmp_path / "model.pkl").read_bytes())
    census = ZipcodeDemographics.objects.get(zipcode=home["zipcode"]).hous_val_amt
    inputs = [
        [home["sqft_living"], day, float(home["zipcode"]), census]
        for day in (0.0, date(2015, 3, 1).toordinal())
    ]
    undated, then = model.predict(pd.DataFrame(inputs, columns=other.feature_names))
    assert undated != then
    text = replayed("--version", str(other.version))
    assert f"computed again on homes {other.version} (model): 41\n" in text
    dated_id = str(Prediction.objects.filter(status=200).latest("id").id)
    for identity, expected in ((logged[0], undated), (dated_id, then)):
        text = replayed("--version", str(other.version), "--id", identity)
        assert f"now {expected:,.2f}" in text


def test_a_request_that_the_other_version_would_refuse_is_counted(
    logged: list[str], tmp_path: Path
) -> None:
    other = registered(tmp_path, ["yr_built", "sqft_living", "hous_val_amt"])
    ZipcodeDemographics.objects.filter(zipcode=example_homes()[0]["zipcode"]).delete()
    text = replayed("--version", str(other.version))
    assert f"not answerable by homes {other.version} (model): not accepted: zipcode\n" in text


def test_the_same_version_as_another_one_is_equal(logged: list[str]) -> None:
    assert "equal in every bit: 40\ndifferent: 0\n" in replayed("--version", "1")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--version", "99"), "homes has no version 99; there are: 1"),
        (("--version", "1", "--predictor", "horses"), "there are: bitcoin, homes"),
    ],
)
def test_a_version_that_is_not_there_is_refused(
    db: None, arguments: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        replayed(*arguments)


def test_ten_thousand_answers_of_a_running_service_are_equal(
    live: Live, minimal_home: dict[str, Any]
) -> None:
    """Answered by its processes, each home another one; computed again by a command."""
    draw = random.Random(11)
    homes = example_homes()
    began = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"

    def ask(count: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=30)
        for _ in range(count):
            home = draw.choice(homes) | {
                "bedrooms": draw.randint(1, 6),
                "sqft_lot": draw.randint(5_000, 50_000),
                "bathrooms": draw.randint(4, 16) / 4,
            }
            path = draw.choice(("/api/predict/", MINIMAL))
            if path == MINIMAL:
                home = {name: home[name] for name in minimal_home}
            connection.request("POST", path, json.dumps(home), {"Content-Type": JSON})
            response = connection.getresponse()
            assert response.status == 200, response.read()
            response.read()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, [1250] * 8))
    done = manage(live.var, "replay_predictions", "--since", began)
    assert done.returncode == 0, done
    assert "equal in every bit: 10,000\ndifferent: 0\n" in done.stdout
