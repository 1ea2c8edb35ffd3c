"""Model versions as the API shows them."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from modelregistry.models import Activation, ModelVersion
from modelregistry.overview import Page, Serving, Standing
from predictions.versions.parameters import BEFORE

Document = dict[str, Any]


def standings(found: Iterable[Standing]) -> Document:
    return {
        "predictors": [
            {
                "predictor": standing.predictor,
                "versions": standing.versions,
                "active": standing.active and _in_short(standing.active),
            }
            for standing in found
        ]
    }


def versions(predictor: str, found: Page, history: Iterable[Activation]) -> Document:
    address = reverse("model-versions", args=[predictor])
    return {
        "predictor": predictor,
        "active": found.active,
        "versions": [summary(version) for version in found.versions],
        "next": found.older and f"{address}?{BEFORE}={found.older}",
        "history": [_activation(row) for row in history],
    }


def summary(version: ModelVersion) -> Document:
    return {
        "predictor": version.predictor,
        **_in_short(version),
        "is_active": version.is_active,
        "gate": version.gate,
        "gate_reason": version.gate_reason,
        "engine": version.engine,
        "data": version.data,
        "headline": version.headline,
        "created_at": version.created_at,
        "created_by": version.created_by,
    }


def detail(version: ModelVersion, history: Iterable[Activation]) -> Document:
    return {
        **summary(version),
        "metrics": version.metrics,
        "trained_on": version.trained_on,
        "features": version.feature_names,
        "features_digest": f"sha256:{version.features_sha256}",
        "library_versions": version.library_versions,
        "code_version": version.code_version,
        "engine_proof": version.engine_proof,
        "golden_rows": len(version.golden.get("predictions", ())),
        "notes": version.notes,
        "history": [_activation(row) for row in history],
    }


def switched(version: ModelVersion, activation: Activation | None) -> Document:
    before = activation.from_version if activation else None
    return {
        "from": before and before.version,
        "to": version.version,
        "version": summary(version),
    }


def serving(predictor: str, found: Serving) -> Document:
    return {
        "predictor": predictor,
        "active": found.active and _in_short(found.active),
        "converged": found.converged,
        "processes": [
            {
                "host": process.host,
                "pid": process.pid,
                "version": process.model_version and process.model_version.version,
                "engine": process.engine,
                "since": process.since,
                "seen_at": process.seen_at,
                "fault": process.fault,
            }
            for process in found.processes
        ],
    }


def _in_short(version: ModelVersion) -> Document:
    return {"version": version.version, "name": version.name, "digest": version.digest}


def _activation(row: Activation) -> Document:
    return {
        "from": row.from_version and row.from_version.version,
        "to": row.to_version and row.to_version.version,
        "at": row.at,
        "actor": row.actor,
        "reason": row.reason,
        "database_user": row.database_user,
    }
