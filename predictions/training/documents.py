"""Training runs as the API shows them."""

from collections.abc import Iterable
from typing import Any

from predictions.training.models import TrainingRun
from predictions.training.services import address_of

Document = dict[str, Any]


def runs(found: Iterable[TrainingRun]) -> Document:
    return {"runs": [summary(run) for run in found]}


def summary(run: TrainingRun) -> Document:
    return {
        "id": run.pk,
        "url": address_of(run),
        "predictor": run.predictor,
        "recipe": run.recipe,
        "state": run.state,
        "stage": run.stage,
        "percent": run.percent,
        "summary": run.summary,
        "version": run.version and run.version.version,
        "trigger": run.trigger,
        "requested_by": run.requested_by,
        "forced": run.forced,
        "cancel_requested": run.cancel_requested,
        "attempt": run.attempt,
        "retry_of": run.retry_of_id,
        "requested_at": run.requested_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "seconds": run.seconds,
        "peak_memory_mb": run.peak_memory_mb,
    }


def detail(run: TrainingRun) -> Document:
    return {
        **summary(run),
        "parameters": run.parameters,
        "data_fingerprint": run.data_fingerprint,
        "request_id": run.request_id,
        "host": run.host,
        "pid": run.pid,
        "log": run.log,
    }
