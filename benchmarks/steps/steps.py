"""The steps of one answer, each as a function without arguments."""

from collections.abc import Callable, Iterator

import orjson
import pandas as pd
import uuid_utils

from learning.trial import pickle_predictor
from modelregistry.loading import LoadedModel
from predictions import catalog, recording
from predictions.audit import AuditRow
from predictions.parsing import decode
from predictors.homes.frames import demographics_frame


def steps(body: bytes, model: LoadedModel) -> Iterator[tuple[str, Callable[[], object]]]:
    payload = orjson.loads(body)
    decoder = catalog.get("homes").decoder(model.feature_names, minimal=False)
    row = decoder(payload).row
    slow = pickle_predictor(model.estimator, model.feature_names)
    demographics = demographics_frame()
    columns = list(model.feature_names)

    def by_data_frame() -> object:
        frame = pd.DataFrame([payload]).merge(demographics, how="left", on="zipcode")
        # As somebody would write it who has the pickle: what it takes besides the facts.
        frame = frame.assign(zipcode=frame["zipcode"].astype(float), valuation_date=0.0)
        return model.estimator.predict(frame[columns])

    def audit() -> None:
        recording.record(
            AuditRow(
                id=uuid_utils.uuid7().bytes,
                predictor="homes",
                endpoint="/benchmark/",
                caller="benchmark",
                request_id="benchmark",
                api_version="1",
                request=body,
                features=row[0],
                prediction=1.0,
                response=body,
                model_version_id=model.version_id,
            )
        )

    yield "JSON text to values, checked", lambda: decode(body)
    yield "values to the model's row (validate, join)", lambda: decoder(payload)
    yield f"row to prediction ({model.engine})", lambda: model.predict(row)
    yield "row to prediction (pickle)", lambda: slow(row)
    yield "decoded JSON to prediction (ours)", lambda: model.predict(decoder(payload).row)
    yield "decoded JSON to prediction (pandas, pickle)", by_data_frame
    yield "audit row, committed (alone)", audit


def members(
    body: bytes, model: LoadedModel, predictor: str = "homes"
) -> Iterator[tuple[str, Callable[[], object]]]:
    """What a client may ask for beside the estimate."""
    kind = catalog.get(predictor)
    question = kind.decoder(model.feature_names, minimal=False)(orjson.loads(body))
    for name in kind.inclusions:
        yield f"?include={name}", lambda name=name: kind.include(model, question, [name])
