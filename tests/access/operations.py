"""What OpenAPI documents: its operations, who may ask for them, and a request for each."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.access.callers import Caller

Schema = dict[str, Any]

# There, but nothing has this number or name: what comes after "may it?" is a 404.
PATH_VALUES = {
    "predictor": "homes",
    "version": "1",
    "run": "0",
    "report": "0",
    "batch": "00000000-0000-0000-0000-000000000000",
    "prediction": "00000000-0000-0000-0000-000000000000",
}
# Instead of the example: a training would go on for the time of all tests.
BODIES = {"/api/models/{predictor}/train/": {"recipe": "there is no such recipe"}}


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    route: str
    """As the documentation has it: `/api/models/{predictor}/`."""
    path: str
    """Of a request that is well formed."""
    content: bytes | None
    content_type: str
    security: list[dict[str, list[str]]] | None
    responses: set[int]

    @property
    def scopes(self) -> set[str]:
        """Of which a key needs any."""
        ways = self.security or []
        return {scope for way in ways for scope in way.get("bearerAuth", ())}

    @property
    def permission(self) -> str:
        """That staff need; empty: none."""
        roles = [role for way in self.security or [] for role in way.get("cookieAuth", ())]
        return roles[0] if roles else ""

    def refusal_of(self, caller: Caller) -> int | None:
        """The status by which the documentation refuses somebody; None: it does not."""
        if caller.is_refused:
            return 401 if 401 in self.responses else None
        if self.security is None or caller.is_superuser:
            return None
        if caller.is_staff:
            return 403 if self.permission else None
        if not caller.scopes:
            return 401
        return None if self.scopes.intersection(caller.scopes) else 403


def operations_of(schema: Schema) -> Iterator[Operation]:
    for route, methods in schema["paths"].items():
        for method, said in methods.items():
            content_type, content = body(schema, route, said)
            yield Operation(
                method=method.upper(),
                route=route,
                path=route.format(**PATH_VALUES) + query(said),
                content=content,
                content_type=content_type,
                security=said.get("security"),
                responses={int(status) for status in said["responses"]},
            )


def query(said: Schema) -> str:
    required = [
        parameter["name"]
        for parameter in said.get("parameters", [])
        if parameter["in"] == "query" and parameter.get("required")
    ]
    return f"?{'&'.join(f'{name}={PATH_VALUES[name]}' for name in required)}" if required else ""


def body(schema: Schema, route: str, said: Schema) -> tuple[str, bytes | None]:
    """Its example, where there is one."""
    content = said.get("requestBody", {}).get("content", {})
    if not content:
        return "", None
    kind, described = next(iter(content.items()))
    if kind != "application/json":
        return kind, b"a,b\n1,2\n"
    value = BODIES[route] if route in BODIES else example(schema, described["schema"])
    return kind, json.dumps(value).encode()


def example(schema: Schema, described: Schema) -> Any:
    if "$ref" in described:
        name = described["$ref"].rpartition("/")[2]
        return example(schema, schema["components"]["schemas"][name])
    if "examples" in described:
        return described["examples"][0]
    if described.get("type") == "array":
        return [example(schema, described["items"])]
    if "oneOf" in described:
        return example(schema, described["oneOf"][0])
    return {}
