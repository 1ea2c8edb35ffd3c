"""Examples of answers, for OpenAPI; a test holds them to their schemas."""

from typing import Any

Document = dict[str, Any]

SHADOW: Document = {
    "predictor": "homes",
    "version": 2,
    "name": "champion",
    "is_shadow": True,
    "since": "2026-11-22T08:00:00Z",
    "set_by": "olga (API)",
    "reason": "before it may answer",
    "ended_at": None,
    "ended_by": "",
    "computed_to": "2026-11-22T09:00:02.114Z",
    "fault": "",
}
SHADOWS: Document = {"predictor": "homes", "shadows": [SHADOW]}
COMPARISON: Document = {
    "shadow": SHADOW,
    "since": "2026-11-22T08:00:00Z",
    "at_most": {"answers": 100_000, "outcomes": 10_000},
    "requests": 4100,
    "answered": 4000,
    "answered_share": 97.56,
    "errors": [
        {
            "error": "not answerable by homes 2 (champion): the request has no yr_built",
            "requests": 100,
        }
    ],
    "currency": "USD",
    "difference": {"median": 1203.4, "mean": 3011.8, "p5": -61204.0, "p95": 70118.5},
    "difference_percent": {
        **{"median": 0.3, "mean": 0.9, "p5": -12.1, "p95": 15.4},
        **{"median_size": 4.2, "beyond_5": 43.1, "beyond_10": 17.0, "beyond_20": 3.3},
    },
    "groups": [
        {
            "name": "zipcode",
            "value": "98118",
            "requests": 102,
            "median_percent": -0.8,
            "mean_percent": 0.1,
            "median_size_percent": 4.0,
        }
    ],
    "latency": {
        "request_ms": {"p50": 1.1, "p95": 3.9, "p99": 7.2},
        "timed": 256,
        "live_model_ms": {"p50": 0.05, "p95": 0.07, "p99": 0.11},
        "shadow_model_ms": {"p50": 0.08, "p95": 0.1, "p99": 0.15},
    },
    "outcomes": {
        "known": 210,
        "live": {"mdape": 12.1, "within_5": 22.4, "within_10": 42.9, "within_20": 71.4},
        "shadow": {"mdape": 7.4, "within_5": 35.2, "within_10": 62.4, "within_20": 88.1},
        "mdape_difference": -4.7,
        "mdape_difference_interval": [-6.2, -3.1],
    },
}
