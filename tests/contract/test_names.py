"""Nothing outside a predictor's folder knows its name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from predictions import catalog

ROOMS = ("learning", "modelregistry", "predictions", "ops", "housing_api")
LIST = "housing_api/predictors.py"


def sources() -> Iterator[tuple[str, ast.Module]]:
    root: Path = settings.BASE_DIR
    for room in ROOMS:
        for path in (root / room).rglob("*.py"):
            name = str(path.relative_to(root))
            # A migration says what was so when it was written.
            if "/migrations/" not in name and name != LIST:
                yield name, ast.parse(path.read_text())


def decides(node: ast.AST) -> list[ast.expr]:
    """Expressions on whose value it hangs what happens."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.MatchValue):
        return [node.value]
    if isinstance(node, ast.Subscript):
        return [node.slice]
    if isinstance(node, ast.arguments):
        return [default for default in (*node.defaults, *node.kw_defaults) if default]
    if isinstance(node, ast.keyword) and node.arg == "default":
        return [node.value]
    return []


def constants(expressions: list[ast.expr]) -> set[object]:
    """Also those in a tuple or a set that something is looked for in."""
    found = [inner for expression in expressions for inner in ast.walk(expression)]
    return {inner.value for inner in found if isinstance(inner, ast.Constant)}


def test_it_works() -> None:
    """Names stand in examples; nothing is decided by them."""
    names = {predictor.name for predictor in catalog.all_predictors()}
    looked_at = 0
    for file, tree in sources():
        looked_at += 1
        for node in ast.walk(tree):
            assert not names & constants(decides(node)), (file, getattr(node, "lineno", "?"))
    assert looked_at > 100


@pytest.mark.parametrize(
    "branch",
    [
        'if name == "homes": pass',
        'if name in ("homes", "boats"): pass',
        'match name:\n    case "homes": pass',
        'def train(name="homes"): pass',
        'parser.add_argument("--predictor", default="homes")',
        'ways["homes"](name)',
    ],
)
def test_a_branch_would_be_seen(branch: str) -> None:
    assert any("homes" in constants(decides(node)) for node in ast.walk(ast.parse(branch)))


def test_nothing_outside_imports_from_a_predictor() -> None:
    for file, tree in sources():
        for node in ast.walk(tree):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            assert not any(module.startswith("predictors") for module in modules), file
