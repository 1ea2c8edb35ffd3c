"""Drift reports as the API shows them."""

from collections.abc import Sequence
from typing import Any

from predictions.drift.judging import in_words
from predictions.drift.models import DriftReport

Document = dict[str, Any]


def reports(predictor: str, found: Sequence[DriftReport]) -> Document:
    return {
        "predictor": predictor,
        "newest": detail(found[0]) if found else None,
        "reports": [summary(report) for report in found],
    }


def summary(report: DriftReport) -> Document:
    return {
        "id": report.pk,
        "predictor": report.version.predictor,
        "version": report.version.version,
        "window_from": report.window_from,
        "window_to": report.window_to,
        "requests": report.requests,
        "counted": report.counted,
        "is_judged": report.is_judged,
        "is_alert": report.is_alert,
        "begins": report.begins,
        "reasons": [{**reason, "text": in_words(reason)} for reason in report.reasons],
        "reference_changed": report.reference_changed,
        "created_at": report.created_at,
    }


def detail(report: DriftReport) -> Document:
    return {
        **summary(report),
        "refused": report.refused,
        "is_sample": report.is_sample,
        "prediction": report.prediction,
        "features": report.features,
    }
