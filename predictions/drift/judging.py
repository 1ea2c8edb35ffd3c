"""From a comparison to what a report says, and to the reasons for an alert."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from learning.drift import Comparison, Shift
from predictions.drift.models import DriftPolicy

INPUT = "input-shifted"
UNKNOWN = "values-unknown"
PREDICTION = "predictions-shifted"
REFERENCE = "reference-changed"

Figures = dict[str, Any]
Reason = dict[str, Any]


def figures_of(shift: Shift, policy: DriftPolicy) -> Figures:
    """`limit`: from where on its PSI alarms: the policy's, or what chance alone may do."""
    limit = max(policy.psi_threshold, shift.noise)
    return {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in (asdict(shift) | {"limit": limit}).items()
    }


def features_of(
    comparison: Comparison, policy: DriftPolicy, optional: Mapping[str, bool]
) -> list[Figures]:
    """Largest PSI first.

    What may be left out is not watched: whether and which day is named says how clients ask, and
    training rows always have one.
    """
    found = [
        {"name": name, "is_watched": not optional[name], **figures_of(shift, policy)}
        for name, shift in comparison.features.items()
    ]
    return sorted(found, key=lambda feature: -feature["psi"])


def reasons_in(
    features: Iterable[Figures], prediction: Figures, policy: DriftPolicy
) -> list[Reason]:
    """The worst first, inputs before predictions."""
    watched = [feature for feature in features if feature["is_watched"]]
    reasons: list[Reason] = [
        {"reason": INPUT, "input": feature["name"], **_psi(feature)}
        for feature in watched
        if feature["psi"] >= feature["limit"]
    ]
    strange = sorted(watched, key=strangeness, reverse=True)
    reasons += [
        {
            "reason": UNKNOWN,
            "input": feature["name"],
            "share": strangeness(feature),
            "limit": policy.unknown_threshold,
        }
        for feature in strange
        if strangeness(feature) > policy.unknown_threshold
    ]
    if prediction["psi"] >= prediction["limit"]:
        reasons.append({"reason": PREDICTION, **_psi(prediction)})
    return reasons


def strangeness(feature: Figures) -> float:
    """Share of values that training never held, by its list or by its range."""
    return float(max(feature["unknown"], feature["outside"]))


def _psi(figures: Figures) -> Figures:
    return {"psi": figures["psi"], "limit": figures["limit"]}


def in_words(reason: Reason) -> str:
    """`sqft_living: PSI 0.37 (limit 0.25)`"""
    if reason["reason"] == REFERENCE:
        return "requests are joined with other data than the version learned from"
    subject = reason.get("input", "predictions")
    if reason["reason"] == UNKNOWN:
        return f"{subject}: {reason['share']:.1%} unknown (limit {reason['limit']:.1%})"
    return f"{subject}: PSI {reason['psi']:.2f} (limit {reason['limit']:.2f})"
