"""Policies, decisions and interventions as the API shows them."""

from collections.abc import Iterable
from typing import Any

from modelregistry.models import ModelVersion
from predictions.promotion.models import GuardIntervention, PromotionDecision, PromotionPolicy

Document = dict[str, Any]


def policy(found: PromotionPolicy) -> Document:
    return {
        "predictor": found.predictor,
        **found.terms,
        "updated_at": found.updated_at,
        "updated_by": found.updated_by,
    }


def promotion(
    version: ModelVersion,
    decisions: Iterable[PromotionDecision],
    interventions: Iterable[GuardIntervention],
) -> Document:
    return {
        "predictor": version.predictor,
        "version": version.version,
        "is_active": version.is_active,
        "decisions": [_decision(row) for row in decisions],
        "interventions": [_intervention(row) for row in interventions],
    }


def _decision(row: PromotionDecision) -> Document:
    return {
        "outcome": row.outcome,
        "reason": row.reason,
        "against": row.active and row.active.version,
        "numbers": row.numbers,
        "policy": row.policy,
        "decided_at": row.decided_at,
        "actor": row.actor,
    }


def _intervention(row: GuardIntervention) -> Document:
    return {
        "outcome": row.outcome,
        "reason": row.reason,
        "version": row.version.version,
        "to": row.to_version and row.to_version.version,
        "numbers": row.numbers,
        "policy": row.policy,
        "at": row.at,
    }
