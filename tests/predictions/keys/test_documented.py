"""docs/access.md says which scope opens what, as OpenAPI does."""

import re
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from predictions.keys.models import SCOPES

WHO = {
    (): "staff alone",
    tuple(sorted(SCOPES)): "any key",
    None: "everybody",
}


def opened_by(operation: dict[str, Any]) -> str:
    if "security" not in operation:
        return WHO[None]
    scopes = {scope for way in operation["security"] for scope in way.get("bearerAuth", ())}
    found = tuple(sorted(scopes))
    return WHO.get(found, " or ".join(f"`{scope}`" for scope in found))


def test_it_works(settings: Any, db: None) -> None:
    settings.ACCESS = "keys"
    generator: Any = SchemaGenerator
    paths = generator().get_schema(request=None, public=True)["paths"]
    known: dict[str, set[str]] = {}
    for path, operations in paths.items():
        for method, operation in operations.items():
            known.setdefault(opened_by(operation), set()).add(f"{method.upper()} {path}")
    text = (settings.BASE_DIR / "docs" / "access.md").read_text()
    documented = {
        who: set(re.findall("`([A-Z]+ /[^`]*)`", operations))
        for who, operations in re.findall(r"^\| ([^|]+) \| (`[A-Z]+ /.*) \|$", text, re.M)
    }
    assert documented == known, "\n".join(
        f"| {who} | {', '.join(f'`{each}`' for each in sorted(known[who]))} |"
        for who in sorted(known)
    )
