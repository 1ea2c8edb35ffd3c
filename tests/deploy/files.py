"""The files that put the service into production, read as Docker reads them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE_FILE = ROOT / "docker-compose.yml"
EXAMPLE_FILE = ROOT / ".env.example"
# Without a default: they have to be given.
SECRETS = {"HOUSING_SECRET_KEY": "s" * 50, "POSTGRES_PASSWORD": "p"}

# $$ | ${NAME} | ${NAME:-default} | ${NAME:+replacement} | ${NAME:?message}
EXPRESSION = re.compile(r"\$(?:(\$)|\{(\w+)(?::([-+?])([^}]*))?\})")


def compose(values: Mapping[str, str]) -> dict[str, Any]:
    """docker-compose.yml with `values` in place of the environment and .env."""

    def value_of(match: re.Match[str]) -> str:
        dollar, name, operator, operand = match.groups()
        if dollar:
            return "$"
        value = values.get(name, "")
        if operator == "?" and not value:
            raise KeyError(f"{name}: {operand}")
        if operator == "+":
            return operand if value else ""
        return value or (operand if operator == "-" else "")

    def filled(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: filled(value) for key, value in node.items()}
        if isinstance(node, list):
            return [filled(value) for value in node]
        return EXPRESSION.sub(value_of, node) if isinstance(node, str) else node

    content: dict[str, Any] = filled(yaml.safe_load(COMPOSE_FILE.read_text()))
    return content


def example_values() -> dict[str, str]:
    lines = EXAMPLE_FILE.read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def health_command(service: Mapping[str, Any]) -> list[str]:
    kind, *arguments = service["healthcheck"]["test"]
    return ["sh", "-c", *arguments] if kind == "CMD-SHELL" else arguments
