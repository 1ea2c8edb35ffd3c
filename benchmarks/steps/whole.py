"""The champion on every home that was sold: equal to its artifact, and how long a batch takes."""

import time
from collections.abc import Iterator

import numpy as np

from learning.trial import pickle_predictor
from modelregistry.loading import LoadedModel
from predictors.homes.frames import demographics_frame, sales_frame
from predictors.homes.ml.inputs import inputs_of

BATCH = 100_000


def whole(model: LoadedModel) -> Iterator[str]:
    rows = inputs_of(sales_frame(), demographics_frame(), model.feature_names).to_numpy()
    slow = pickle_predictor(model.estimator, model.feature_names)(rows)
    alone = np.array([model.predict(rows[i : i + 1])[0] for i in range(len(rows))])
    together = model.predict(rows)
    for title, found in (("each alone", alone), ("in a batch", together)):
        difference = float(np.abs(found / slow - 1).max())
        yield f"{len(rows):,} homes, {title}: largest relative difference {difference:.1e}"
    many = np.resize(rows, (BATCH, rows.shape[1]))
    started, worked = time.perf_counter(), time.process_time()
    model.predict(many)
    elapsed, work = time.perf_counter() - started, time.process_time() - worked
    yield f"{BATCH:,} homes in one batch: {elapsed:.1f} s, {work:.1f} s of one core"
