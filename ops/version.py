"""What runs here: three versions that change for different reasons (docs/usage.md)."""

import platform
from typing import Any

from django.conf import settings

from modelregistry import overview
from modelregistry.models import ModelVersion

Document = dict[str, Any]


def current() -> Document:
    """Of the API, of the code, and of each predictor's active model."""
    return {
        "api_version": settings.API_VERSION,
        "revision": settings.REVISION,
        "python": platform.python_version(),
        "predictors": [
            {"predictor": standing.predictor, "model": standing.active and _model(standing.active)}
            for standing in overview.predictors()
        ],
    }


def _model(active: ModelVersion) -> Document:
    activation = overview.activation_of(active)
    return {
        "version": active.version,
        "name": active.name,
        "digest": active.digest,
        "since": activation and activation.at,
    }
