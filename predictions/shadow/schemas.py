"""What OpenAPI says of it."""

from typing import Any

from predictions.openapi import adding

SCHEMAS: dict[str, Any] = {}

complete_schema = adding(SCHEMAS)
