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
import numpy.typing as npt
from django.conf import settings

from learning.building import build_estimator, checked_feature_names
from learning.inference import fast_predictor
from learning.metrics import regression_metrics
from learning.trial import ask
from modelregistry.catalog import ModelKind, Rows, Trial, kind_of
from modelregistry.errors import GateFailed
from modelregistry.loading import FAST, LoadedModel
from modelregistry.models import ModelVersion

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
        golden=_golden(trial.rows, found, golden),
        engine=found["engine"],
        proof=found["proof"],
        metrics=measured,
    )


def require_passed(version: ModelVersion) -> None:
    """Raises GateFailed."""
    if version.why_it_cannot_answer:
        raise GateFailed(version.why_it_cannot_answer, version=version.version)


def try_successor(*, parent: ModelVersion, before: LoadedModel, model_bytes: bytes) -> GateReport:
    """Ask in this process, on the parent's golden rows, what was computed from the parent.

    `before` is the parent, loaded; `model_bytes` were pickled by this process.
    """
    names = before.feature_names
    if not parent.golden:
        return GateReport(reason=f"{parent} has no recorded rows", feature_names=names)
    rows = np.asarray(parent.golden_rows(), dtype=np.float64)
    try:
        estimator = build_estimator(
            model_bytes, names, allowed=kind_of(parent.predictor).allowed_classes
        )
        if type(estimator) is not type(before.estimator):
            raise ValueError(f"model.pkl: not of the class of {parent}")
        fast = fast_predictor(estimator) if before.engine == FAST else None
        found = ask(estimator, names, rows, fast=fast, enough=len(rows))
        if found["engine"] != before.engine:
            raise ValueError("model.pkl: the fast answers are not those of the pickle")
    except ValueError as error:
        return GateReport(reason=str(error), feature_names=names)
    stable = np.flatnonzero(found["stable"])
    if not len(stable):
        return GateReport(reason="no row is answered stably", feature_names=names)
    golden = _golden(rows, found, stable)
    if len(stable) == len(rows):  # as a rule: the rows are kept once, with the first version
        golden = {"rows_of": parent.golden.get("rows_of", parent.version)} | golden
        del golden["rows"]
    return GateReport(
        feature_names=names,
        golden=golden,
        engine=found["engine"],
        proof=found["proof"] and {**found["proof"], "full_proof": _full_proof(parent)},
    )


def _full_proof(parent: ModelVersion) -> dict[str, Any]:
    """Which version of this line was compared on PROOF_ROWS rows, and on how many."""
    found: dict[str, Any] = parent.engine_proof.get("full_proof") or {
        "version": parent.version,
        "rows": parent.engine_proof.get("rows", 0),
    }
    return found


def _golden(rows: Rows, found: Mapping[str, Any], kept: npt.NDArray[np.intp]) -> dict[str, Any]:
    return {
        "rows": rows[kept].tolist(),
        "predictions": [found["predictions"][row] for row in kept],
    }


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
