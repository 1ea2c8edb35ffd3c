"""Examples of answers, for OpenAPI; a test holds them to their schemas."""

from typing import Any

Document = dict[str, Any]

_SHORT: Document = {
    "version": 2,
    "name": "basic",
    "digest": "sha256:b06a43007cbd9c8c8e611be09e1db7ce1bd02178e6e0a7e88c086a235daa8d2a",
}
_SUMMARY: Document = {
    "predictor": "homes",
    **_SHORT,
    "is_active": True,
    "gate": "passed",
    "gate_reason": "",
    "engine": "fast",
    "data": "real",
    "headline": {"part": "test", "r2": 0.7281, "rmse": 201659.4, "mae": 102044.7, "mdape": 12.24},
    "created_at": "2026-11-22T08:00:00.000Z",
    "created_by": "olga",
}
_ACTIVATION: Document = {
    "from": 1,
    "to": 2,
    "at": "2026-11-22T09:00:00.000Z",
    "actor": "olga (API)",
    "reason": "better on waterfront",
    "database_user": "housing",
}

PREDICTORS: Document = {"predictors": [{"predictor": "homes", "versions": 2, "active": _SHORT}]}
VERSIONS: Document = {
    "predictor": "homes",
    "active": 2,
    "versions": [_SUMMARY],
    "next": None,
    "history": [_ACTIVATION],
}
DETAIL: Document = {
    **_SUMMARY,
    "metrics": {"test": {"r2": 0.7281, "mdape": 12.24}, "train": {"r2": 0.8414}},
    "trained_on": {"data": "real", "rows": 21613, "fingerprint": "0b1c2d3e4f"},
    "features": ["bedrooms", "bathrooms", "sqft_living"],
    "features_digest": "sha256:5c9e0b8f3a1d7c6e2b4f8a9d0c1e3f5a7b9d2c4e6f8a0b1c3d5e7f9a1b3c5d7e",
    "library_versions": {"python": "3.11.9", "scikit-learn": "1.7.2"},
    "code_version": "1.0.0 (33a67fb)",
    "engine_proof": {"rows": 1200, "max_relative_difference": 3e-16, "equal": True},
    "golden_rows": 64,
    "notes": "",
    "history": [_ACTIVATION],
}
SWITCHED: Document = {"from": 1, "to": 2, "version": _SUMMARY}
SERVING: Document = {
    "predictor": "homes",
    "active": _SHORT,
    "converged": True,
    "processes": [
        {
            "host": "web-1",
            "pid": 71,
            "version": 2,
            "engine": "fast",
            "since": "2026-11-22T09:00:00.412Z",
            "seen_at": "2026-11-22T09:03:11.020Z",
            "fault": "",
        }
    ],
}
