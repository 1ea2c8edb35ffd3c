"""Tries a model in a process of its own: `python -m learning.trial FOLDER`.

A pickle may loop, or eat all memory, and must not do so where requests are answered. FOLDER holds
`job.json`, `model.pkl` and `rows.npy` `(n_rows, n_features)`; what was found is in `result.json`.
"""

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from learning.building import build_estimator
from learning.inference import PROOF_ROWS, Predict, fast_predictor, prove

MEGABYTE = 1024 * 1024


def try_model(folder: Path) -> dict[str, Any]:
    """`error`, or `predictions` `(n_rows,)` with the `engine` that gave them and its `proof`."""
    job = json.loads((folder / "job.json").read_text())
    rows = np.load(folder / "rows.npy")
    names = tuple(job["feature_names"])
    limit = job["memory"] * MEGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # Should whoever started us be gone, nobody else ends a model that does not.
    seconds = job["seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        estimator = build_estimator(
            (folder / "model.pkl").read_bytes(), names, allowed=frozenset(job["allowed"])
        )
        return ask(estimator, names, rows, fast=fast_predictor(estimator))
    except MemoryError:
        return {"error": f"model.pkl: more than {job['memory']} MB of memory are needed"}
    except ValueError as error:
        return {"error": str(error)}


def pickle_predictor(estimator: Any, feature_names: tuple[str, ...]) -> Predict:
    """The estimator as a function of an array.

    It learned from a data frame; asked with anything else it would warn.
    """
    columns = pd.Index(feature_names)  # made once: it takes longer than the frame

    def predict(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        frame = pd.DataFrame(rows, columns=columns, copy=False)
        return np.asarray(estimator.predict(frame), dtype=np.float64)

    return predict


def ask(
    estimator: Any,
    names: tuple[str, ...],
    rows: npt.NDArray[np.float64],
    *,
    fast: Predict | None,
    enough: int = PROOF_ROWS,
) -> dict[str, Any]:
    """`predictions` `(n_rows,)`, which of them are `stable`, the `engine` and its `proof`.

    `fast` is compared to the estimator itself; so many rows are `enough` for that. Raises
    ValueError when the answers are no finite numbers.
    """
    slow = pickle_predictor(estimator, names)
    try:
        predictions = slow(rows)
    except MemoryError:
        raise
    except Exception as error:  # foreign code may raise anything
        raise ValueError(f"model.pkl: predict fails: {error}") from error
    if predictions.shape != (len(rows),):
        raise ValueError(
            f"model.pkl: predict gives an array {predictions.shape} for {len(rows)} rows"
        )
    if not np.isfinite(predictions).all():
        raise ValueError("model.pkl: predict gives answers that are not finite numbers")
    rehearse = getattr(estimator, "rehearse", None)
    if callable(rehearse):
        try:
            rehearse(rows)
        except MemoryError:
            raise
        except Exception as error:
            raise ValueError(f"model.pkl: what stands beside an estimate fails: {error}") from error
    found = {
        "engine": "pickle",
        "proof": {},
        "predictions": predictions.tolist(),
        "stable": _stable(slow, rows, predictions).tolist(),
    }
    if fast is not None:
        proof = prove(slow, fast, rows, enough=enough)
        found["proof"] = asdict(proof)
        if proof.equal:
            found |= {"engine": "fast", "predictions": fast(rows).tolist()}
    return found


def _stable(
    predict: Predict, rows: npt.NDArray[np.float64], predictions: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Rows whose answer does not hang on the last bit of an input, `(n_rows,)`.

    Where a model has to choose between equals, another processor may round to the other side; such
    rows cannot tell whether it is the same model.
    """
    stable = np.ones(len(rows), dtype=bool)
    for factor in (1 - 1e-10, 1 + 1e-10):
        stable &= np.isclose(predict(rows * factor), predictions, rtol=1e-6, atol=0)
    return stable


if __name__ == "__main__":
    where = Path(sys.argv[1])
    (where / "result.json").write_text(json.dumps(try_model(where)))
