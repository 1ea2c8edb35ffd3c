"""What came of a lesson, as the API shows it."""

from collections.abc import Mapping
from typing import Any

from modelregistry.models import ModelVersion
from predictors.bitcoin.ml.online import Judgement
from predictors.bitcoin.online.services import Taught

Document = dict[str, Any]


def taught(done: Taught) -> Document:
    return {
        "decision": "activated" if done.is_activated else "kept",
        "reason": done.reason,
        "examples": {"sent": done.sent, "new": done.new, "known": done.sent - done.new},
        "errors": done.judgement and _errors(done.judgement),
        "parent": _in_short(done.parent),
        "version": done.version and _in_short(done.version),
    }


def _errors(judgement: Judgement) -> Document:
    return {
        "seconds": judgement.after["n"],
        "before": _two(judgement.before),
        "after": _two(judgement.after),
        "ewma": _two(judgement.ewma),
    }


def _two(errors: Mapping[str, float]) -> Document:
    return {name: errors[name] for name in ("rmse", "mae")}


def _in_short(version: ModelVersion) -> Document:
    return {"version": version.version, "name": version.name, "digest": version.digest}
