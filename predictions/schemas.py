"""What questions, answers and errors look like: JSON Schema."""

from typing import Any


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


STATUS = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["live", "ready"]},
        "problems": {
            "type": "object",
            "description": "By predictor: why the active version is not the one that answers here.",
            "additionalProperties": {"type": "string"},
        },
    },
    "required": ["status"],
}
MODEL = {
    "type": "object",
    "description": "The exact model version that answered.",
    "properties": {
        "predictor": {"type": "string", "examples": ["homes"]},
        "name": {"type": "string", "examples": ["basic"]},
        "version": {"type": "integer", "minimum": 1},
        "digest": {"type": "string", "description": "of the model file, `sha256:…`"},
    },
    "required": ["predictor", "name", "version", "digest"],
}
ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid", "description": "of the audit row (UUIDv7)"},
        "prediction": {"type": "number", "description": "in `currency`", "examples": [458520.0]},
        "currency": {"type": "string", "examples": ["USD"]},
        "model": ref("Model"),
        "api_version": {"type": "string", "description": "of this API, not of the model"},
        "demographics": {
            "type": "object",
            "description": "The census figures that were joined, if the model needs any.",
            "properties": {"zipcode": {"type": "string"}, "source": {"type": "string"}},
            "required": ["zipcode", "source"],
        },
        "data": {
            "type": "string",
            "enum": ["real", "synthetic"],
            "description": "`synthetic`: made-up data went into this; it values no real home.",
        },
    },
    "required": ["id", "prediction", "currency", "model", "api_version", "data"],
    "examples": [
        {
            "id": "01a20193-310e-705c-953a-7ff773457b53",
            "prediction": 458520.0,
            "currency": "USD",
            "model": {
                "predictor": "homes",
                "name": "basic",
                "version": 1,
                "digest": "sha256:b06a43007cbd9c8c8e611be09e1db7ce1bd02178e6e0a7e88c086a235daa8d2a",
            },
            "api_version": "1.0.0",
            "demographics": {
                "zipcode": "98118",
                "source": "zipcode_demographics.csv (real, sha256:8d9be9398129)",
            },
            "data": "real",
        }
    ],
}
REQUIRED_NOW = {
    "type": "object",
    "properties": {
        "required": {"type": "array", "items": {"type": "string"}},
        "fields": {"type": "object", "description": "JSON Schema of each field"},
        "example": {"type": "object"},
        "model": ref("Model"),
        "api_version": {"type": "string"},
    },
    "required": ["required", "fields", "example", "model", "api_version"],
}
PROBLEM_DETAILS: dict[str, Any] = {
    "type": "object",
    "description": "Every error has this form (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "stable; see docs/errors.md"},
        "request_id": {"type": "string"},
        "id": {"type": "string", "format": "uuid", "description": "of the audit row, if any"},
        "errors": {
            "type": "array",
            "description": "every field that is wrong",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "detail": {"type": "string"},
                    "accepted": {"type": "string"},
                },
                "required": ["field", "detail", "accepted"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "examples": [
        {
            "type": "urn:valuation-service:problem:invalid-input",
            "title": "Some fields are not accepted",
            "status": 422,
            "detail": "not accepted: bedrooms",
            "code": "invalid-input",
            "request_id": "3c4a38fa087f4d0e961c69e9401674a1",
            "id": "01a20193-3148-773a-bff3-e1fa9477cbc8",
            "errors": [
                {
                    "field": "bedrooms",
                    "detail": "-1 is out of range",
                    "accepted": "a whole number from 0 to 50",
                }
            ],
        }
    ],
}
RECORDED_PREDICTION: dict[str, Any] = {
    "type": "object",
    "description": "A request of the log, with what was answered then. Who asked is not told.",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "asked_at": {"type": "string", "format": "date-time"},
        "predictor": {"type": "string", "examples": ["homes"]},
        "status": {"type": "integer", "description": "of the answer: 200, or why it was refused"},
        "request": {"description": "as it was sent, to the letter"},
        "response": {
            "anyOf": [{"type": "object"}, {"type": "null"}],
            "description": "as it was answered, to the letter; null: it was refused",
        },
        "error": {
            "anyOf": [{"type": "object"}, {"type": "null"}],
            "description": "`code`, `detail` and more, as in a `Problem`; null: it was answered",
        },
        "model": {
            "anyOf": [ref("Model"), {"type": "null"}],
            "description": "The version that was asked; null: none was active.",
        },
        "is_active_model": {"type": "boolean", "description": "Whether it answers now too."},
        "api_version": {"type": "string", "description": "of the API then"},
    },
    "required": [
        "id",
        "asked_at",
        "predictor",
        "status",
        "request",
        "response",
        "error",
        "model",
        "is_active_model",
        "api_version",
    ],
}
BULK_ANSWER = {
    "type": "object",
    "properties": {
        "count": {"type": "integer"},
        "answered": {"type": "integer"},
        "refused": {"type": "integer"},
        "model": ref("Model"),
        "api_version": {"type": "string"},
        "results": {
            "type": "array",
            "description": "In the order of the list: `answer`, or `error` (as `Problem`).",
            "items": {
                "type": "object",
                "properties": {
                    "status": {"type": "integer", "description": "as if it had come alone"},
                    "answer": ref("Answer"),
                    "error": {
                        "type": "object",
                        "properties": {
                            "id": {"type": "string", "format": "uuid"},
                            "title": {"type": "string"},
                            "detail": {"type": "string"},
                            "code": {"type": "string"},
                            "errors": PROBLEM_DETAILS["properties"]["errors"],
                        },
                        "required": ["id", "title", "detail", "code"],
                    },
                },
                "required": ["status"],
            },
        },
    },
    "required": ["count", "answered", "refused", "model", "api_version", "results"],
}
