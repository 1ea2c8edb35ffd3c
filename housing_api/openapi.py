"""What drf-spectacular is told: who completes the description of the API, and how it is shown."""

from typing import Any

OPENAPI: dict[str, Any] = {
    "TITLE": "Sound Realty valuation service",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Machine-learning predictions with an audit log.",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "displayRequestDuration": True},
    # A test generates and validates it; `check --deploy` must not need a database.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "POSTPROCESSING_HOOKS": [
        "predictions.openapi.complete_schema",
        "predictions.versions.openapi.complete_schema",
        "predictions.outcomes.schemas.complete_schema",
        "predictions.drift.schemas.complete_schema",
        "predictions.promotion.schemas.complete_schema",
        "predictions.training.schemas.complete_schema",
        "predictions.shadow.schemas.complete_schema",
        "predictions.batches.schemas.complete_schema",
        "ops.usage.schemas.complete_schema",
    ],
}
