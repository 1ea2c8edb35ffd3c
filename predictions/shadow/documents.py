"""Shadows as the API shows them."""

from collections.abc import Iterable
from typing import Any

from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.shadow.comparing import LATEST, LATEST_OUTCOMES, AgainstOutcomes, Comparison
from predictions.shadow.models import Shadow

Document = dict[str, Any]


def shadow(found: Shadow) -> Document:
    version: ModelVersion = found.model_version
    return {
        "predictor": found.predictor,
        "version": version.version,
        "name": version.name,
        "is_shadow": found.is_open,
        "since": found.since,
        "set_by": found.set_by,
        "reason": found.reason,
        "ended_at": found.ended_at,
        "ended_by": found.ended_by,
        "computed_to": found.computed_to,
        "fault": found.fault,
    }


def shadows(predictor: str, found: Iterable[Shadow]) -> Document:
    return {"predictor": predictor, "shadows": [shadow(one) for one in found]}


def comparison(found: Comparison) -> Document:
    return {
        "shadow": shadow(found.shadow),
        "since": found.since,
        "at_most": {"answers": LATEST, "outcomes": LATEST_OUTCOMES},
        "requests": found.count,
        "answered": found.answered,
        "answered_share": 100 * found.answered / found.count if found.count else None,
        "errors": [{"error": text, "requests": count} for text, count in found.errors],
        "currency": catalog.get(found.shadow.predictor).currency,
        "difference": found.apart,
        "difference_percent": found.percent,
        "groups": [
            {
                "name": group.name,
                "value": group.value,
                "requests": group.count,
                "median_percent": group.median,
                "mean_percent": group.mean,
                "median_size_percent": group.median_size,
            }
            for group in found.groups
        ],
        "latency": {
            "request_ms": found.request_ms,
            "timed": found.timed,
            "live_model_ms": found.live_ms,
            "shadow_model_ms": found.shadow_ms,
        },
        "outcomes": _outcomes(found.outcomes),
    }


def _outcomes(found: AgainstOutcomes) -> Document:
    return {
        "known": found.count,
        "live": found.live,
        "shadow": found.shadow,
        "mdape_difference": found.difference,
        "mdape_difference_interval": found.interval,
    }
