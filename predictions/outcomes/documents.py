"""Outcomes and accuracy as the API shows them."""

from collections.abc import Iterable
from typing import Any

from predictions.outcomes.accuracy import Accuracy
from predictions.outcomes.services import Result, counts

Document = dict[str, Any]


def recorded(results: Iterable[Document]) -> Document:
    """`results` as of `result`."""
    items = list(results)
    return {**counts(item["result"] for item in items), "items": items}


def result(found: Result, **place: int) -> Document:
    """`place`: where it stands in what was sent."""
    document: Document = {
        **place,
        "id": found.prediction_id and str(found.prediction_id),
        "result": found.word,
    }
    if found.kept is not None:
        document["training_data"] = {"result": found.kept.result, "reason": found.kept.reason}
    if found.faults:
        document["errors"] = [fault.as_json() for fault in found.faults]
    return document


def accuracy(found: Accuracy) -> Document:
    wanted = found.wanted
    return {
        "predictor": wanted.predictor,
        "version": wanted.version,
        "data": wanted.data,
        "window": "all" if wanted.window is None else f"{wanted.window.days}d",
        "on": wanted.on,
        "since": found.since,
        "by": wanted.by,
        "at_most": wanted.at_most,
        "cut": found.is_cut,
        "overall": found.overall,
        "groups": [
            {"group": group.name, **group.figures}
            | ({} if group.headline is None else {"at_training": group.headline})
            for group in found.groups
        ],
    }
