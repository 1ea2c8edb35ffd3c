"""What a version must pass before it can ever be activated."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from learning.building import checked_feature_names
from learning.metrics import regression_metrics
from modelregistry.catalog import ModelKind, Trial

GOLDEN_ROWS = 64


@dataclass(frozen=True, slots=True)
class GateReport:
    reason: str = ""
    """Why it failed; empty: it passed."""
    feature_names: tuple[str, ...] = ()
    golden: Mapping[str, Any] = field(default_factory=dict)
    engine: str = ""
    proof: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)


def try_version(
    *, kind: ModelKind, model_bytes: bytes, features_bytes: bytes, metrics: Mapping[str, Any]
) -> GateReport:
    """Ask the model in a process of its own, with limits of time and memory.

    The rows are the predictor's; the answers to the first of them are kept as golden. Without
    `metrics` the model is measured on the rows whose truth is known. Raises what `kind.trial` does.
    """
    try:
        names = checked_feature_names(features_bytes, known=kind.known_features)
    except ValueError as error:
        return GateReport(reason=str(error))
    trial = kind.trial(names)
    found = _run(kind, model_bytes, names, trial)
    if "error" in found:
        return GateReport(reason=found["error"], feature_names=names)
    measured = metrics or _measured(trial, np.asarray(found["predictions"]))
    if not measured:
        return GateReport(reason="no metrics, and nothing to measure on", feature_names=names)
    golden = np.flatnonzero(found["stable"])[:GOLDEN_ROWS]
    if not len(golden):
        return GateReport(reason="no row is answered stably", feature_names=names)
    return GateReport(
        feature_names=names,
        golden={
            "rows": trial.rows[golden].tolist(),
            "predictions": [found["predictions"][row] for row in golden],
        },
        engine=found["engine"],
        proof=found["proof"],
        metrics=measured,
    )


def _run(
    kind: ModelKind, model_bytes: bytes, names: tuple[str, ...], trial: Trial
) -> dict[str, Any]:
    """What `learning.trial` found, or `error`."""
    with tempfile.TemporaryDirectory(prefix="housing-gate-") as name:
        folder = Path(name)
        (folder / "model.pkl").write_bytes(model_bytes)
        np.save(folder / "rows.npy", trial.rows)
        job = {
            "feature_names": names,
            "allowed": sorted(kind.allowed_classes),
            "memory": settings.GATE_MEMORY,
            "seconds": settings.GATE_SECONDS + 1,
        }
        (folder / "job.json").write_text(json.dumps(job))
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "learning.trial", name],
            # Nothing of ours: no address of a database, no secret.
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONPATH": str(settings.BASE_DIR),
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            _, complaint = process.communicate(timeout=settings.GATE_SECONDS)
        except subprocess.TimeoutExpired:
            return {"error": f"model.pkl: not tried within {settings.GATE_SECONDS} s"}
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.returncode != 0:
            last = complaint.decode(errors="replace").strip().splitlines()[-1:]
            return {
                "error": f"model.pkl: the trial ended with {process.returncode}: {''.join(last)}"
            }
        found: dict[str, Any] = json.loads((folder / "result.json").read_text())
        return found


def _measured(trial: Trial, predictions: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    """On rows that the model may have learned from: better than nothing, and it says so."""
    known = np.isfinite(trial.actual)
    if not known.any():
        return {}
    actual = trial.actual[known]
    return {
        "at_registration": regression_metrics(actual, predictions[known]),
        "at_registration_baseline_median": regression_metrics(
            actual, np.full(len(actual), np.median(actual))
        ),
    }
