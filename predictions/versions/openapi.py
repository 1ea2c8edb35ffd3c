"""What OpenAPI says of the model versions: schemas and examples."""

from typing import Any

from predictions.schemas import ref
from predictions.versions.schemas import SCHEMAS


def complete_schema(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular's hook."""
    result.setdefault("components", {}).setdefault("schemas", {}).update(SCHEMAS)
    for operations in result["paths"].values():
        body = operations.get("post", {}).get("requestBody", {})
        for content in body.get("content", {}).values():
            if content["schema"] in (ref("Reason"), ref("ModelUpload")):
                body["required"] = content["schema"] == ref("ModelUpload")
    return result
