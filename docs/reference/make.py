"""Makes the reference of the API from its OpenAPI description: JSON in, Markdown out.

`bin/docs api` does it.
"""

import json
import sys
from collections.abc import Iterator
from itertools import groupby
from typing import Any

INTRODUCTION = """# API

Made from the service's own OpenAPI description by `bin/docs api`; a test fails when this page is
not what the service says. To try it: `/api/docs/` of a running service; as OpenAPI: `/api/schema/`.

Every error is `application/problem+json` ([Problem](#schema-problem), [codes](../errors.md)). *Who
may* says what is asked for where access is by keys (`HOUSING_ACCESS=keys`): a key of that scope
(`Authorization: Bearer …`), or staff; with `open`, as `bin/up` has it, most is open to everybody.
"""
PROBLEM = "application/problem+json"
METHODS = ("get", "post", "put", "patch", "delete")
# What the active model needs now: another at each service, and asked there.
OF_THE_ACTIVE_MODEL = "MinimalRequest"


def line(text: str) -> str:
    """For a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def referred(reference: str) -> str:
    """The name of the schema, also where only a part of it is meant."""
    return reference.removeprefix("#/components/schemas/").partition("/")[0]


def linked(name: str) -> str:
    return f"[{name}](#schema-{name.lower()})"


def kind(schema: dict[str, Any]) -> str:
    """A type in a few words."""
    if "$ref" in schema:
        return linked(referred(schema["$ref"]))
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(kind(one) for one in schema[several]))
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(one)}`" for one in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    types = schema.get("type", "any")
    words = [types] if isinstance(types, str) else list(types)
    if "array" in words and "items" in schema:
        words[words.index("array")] = f"list of {kind(schema['items'])}"
    elif "format" in schema:
        words[0] += f" ({schema['format']})"
    return " or ".join(words)


def bounds(schema: dict[str, Any]) -> str:
    """What is accepted, and what it means."""
    said = [line(schema["description"])] if "description" in schema else []
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        said.append(f"{low:,} to {high:,}")
    elif low is not None:
        said.append(f"at least {low:,}")
    elif high is not None:
        said.append(f"at most {high:,}")
    if "default" in schema:
        said.append(f"default `{json.dumps(schema['default'])}`")
    return "; ".join(said)


def who(operation: dict[str, Any]) -> str:
    """As `security` says it: any of several, or nobody in particular."""
    if "security" not in operation:
        return "everybody"
    ways = []
    for one in operation["security"]:
        for name, scopes in one.items():
            if name == "bearerAuth":
                ways.append("a key" + (f" with `{', '.join(scopes)}`" if scopes else ""))
            else:
                ways.append("staff" + (f" with `{', '.join(scopes)}`" if scopes else ""))
        if not one:
            ways.append("everybody")
    return ", ".join(dict.fromkeys(ways))


def content(found: dict[str, Any]) -> str:
    """What a body may be: media types and their schemas."""
    by_kind: dict[str, list[str]] = {}
    for media, body in found.items():
        by_kind.setdefault(kind(body.get("schema", {})), []).append(f"`{media}`")
    return "; ".join(f"{', '.join(medias)}: {schema}" for schema, medias in by_kind.items())


def operation_lines(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"\n### `{method.upper()} {path}`\n"
    if "summary" in operation:
        yield f"**{line(operation['summary'])}.**\n"
    if operation.get("description"):
        yield f"{operation['description'].strip()}\n"
    yield f"Who may: {who(operation)}.\n"
    if operation.get("parameters"):
        yield "| parameter | in | type | |\n|---|---|---|---|"
        for one in operation["parameters"]:
            schema = one.get("schema", {})
            said = {"description": one.get("description", ""), **{k: schema[k] for k in schema}}
            needed = ", required" if one.get("required") and one["in"] != "path" else ""
            yield f"| `{one['name']}` | {one['in']}{needed} | {kind(schema)} | {bounds(said)} |"
        yield ""
    if "requestBody" in operation:
        yield f"Body: {content(operation['requestBody']['content'])}.\n"
    yield "| status | | answer |\n|---|---|---|"
    for status, answer in sorted(operation["responses"].items()):
        found = answer.get("content", {})
        told = linked("Problem") if PROBLEM in found else content(found)
        yield f"| {status} | {line(answer.get('description', ''))} | {told} |"


def schema_lines(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f'\n<a id="schema-{name.lower()}"></a>\n\n### {name}\n'
    if name.endswith(OF_THE_ACTIVE_MODEL):
        yield "What the active model needs now: `GET` at the same address says which fields.\n"
        return
    if schema.get("description"):
        yield f"{line(schema['description'])}\n"
    if schema.get("properties"):
        required = set(schema.get("required", ()))
        yield "| field | type | |\n|---|---|---|"
        for field, one in schema["properties"].items():
            shown = f"**`{field}`**" if field in required else f"`{field}`"
            yield f"| {shown} | {kind(one)} | {bounds(one)} |"
    else:
        yield f"{kind(schema)}\n"


def reached(operations: list[Any], schemas: dict[str, Any]) -> list[str]:
    """The names of schemas that operations lead to, by the alphabet."""
    found: set[str] = set()
    waiting: list[Any] = list(operations)
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            name = referred(one.get("$ref", ""))
            if name and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return sorted(found)


def lines(description: dict[str, Any]) -> Iterator[str]:
    found = [
        ((operation.get("tags") or ["other"])[0], path, METHODS.index(method), operation)
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    operations = sorted(found, key=lambda one: one[:3])
    yield INTRODUCTION
    for tag, members in groupby(operations, key=lambda one: one[0]):
        yield f"\n## {tag.capitalize()}"
        for _, path, method, operation in members:
            yield from operation_lines(path, METHODS[method], operation)
    schemas = description["components"]["schemas"]
    yield "\n## Schemas\n\nFields in bold are always there, or required."
    for name in reached([one[3] for one in operations], schemas):
        yield from schema_lines(name, schemas[name])


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines(json.load(sys.stdin))).rstrip() + "\n")
