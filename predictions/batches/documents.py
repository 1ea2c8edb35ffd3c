"""A batch as the API shows it."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from predictions.batches.formats import FORMATS
from predictions.batches.models import Batch, State
from predictions.batches.reading import facts_of

Document = dict[str, Any]
MOST_ERRORS = 100


def job(batch: Batch) -> Document:
    """How far it is; while rows are being scored, when it will have ended."""
    progress = batch.chunks.progress()
    facts = facts_of(batch)
    version = batch.model_version
    return {
        "id": str(batch.pk),
        "state": batch.state,
        "error": batch.error or None,
        "predictor": batch.predictor,
        "model": {
            "predictor": version.predictor,
            "name": version.name,
            "version": version.version,
            "digest": version.digest,
        },
        "file": {
            "name": batch.file_name or None,
            "bytes": batch.size,
            "format": batch.format,
            "separator": batch.separator if batch.format == Batch.Format.CSV else None,
            "columns": batch.columns,
            "carried": [name for name in batch.columns if name not in facts],
        },
        "rows": {
            "total": batch.rows,
            "done": progress["done"],
            "failed": progress["failed"],
        },
        **_pace(batch, progress),
        "created_at": batch.created_at,
        "started_at": batch.started_at,
        "finished_at": batch.finished_at,
        "errors": _errors(batch),
        "links": _links(batch),
    }


def _pace(batch: Batch, progress: dict[str, Any]) -> Document:
    """Rows per second from the beginning to the last piece, and what that makes of the rest."""
    rate = left = None
    if batch.started_at is not None and progress["last"] is not None:
        seconds = (progress["last"] - batch.started_at).total_seconds()
        rate = round(progress["done"] / max(seconds, 1e-3), 1)
    if rate and batch.rows and batch.state == State.SCORING:
        since = (timezone.now() - progress["last"]).total_seconds()
        left = round(max(0.0, (batch.rows - progress["done"]) / rate - since), 1)
    return {"rows_per_second": rate, "seconds_left": left}


def _errors(batch: Batch) -> Document:
    """The first rows that are wrong, and how many rows are wrong in each field."""
    by_field: dict[str, int] = {}
    for faults in batch.chunks.with_errors().values_list("faults", flat=True):
        for name, count in faults.items():
            by_field[name] = by_field.get(name, 0) + count
    return {"by_field": by_field, "first": batch.chunks.first_errors(MOST_ERRORS)}


def _links(batch: Batch) -> Document:
    own = reverse("batch", args=[batch.pk])
    links = {"self": own}
    if batch.finished_at is None:
        links["cancel"] = reverse("batch-cancel", args=[batch.pk])
    if batch.state == State.DONE and batch.files_removed_at is None:
        results = reverse("batch-results", args=[batch.pk])
        links |= {kind: f"{results}?format={kind}" for kind in FORMATS}
    return links
