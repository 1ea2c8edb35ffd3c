"""What a PromQL expression selects, and which labels its result has."""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce

import promql_parser as promql

# Prometheus adds them to all that it reads of a target.
OF_TARGETS = frozenset({"job", "instance"})
SET_OPERATORS = {"and", "or", "unless"}

Labels = frozenset[str]
Known = Mapping[str, Labels]
"""The labels of each metric."""


class Mistake(Exception):
    """An expression that Prometheus would read, and that can tell nothing."""


def selectors(node: promql.Expr) -> Iterator[promql.VectorSelector]:
    found: list[promql.VectorSelector] = []

    def visit(one: promql.Expr) -> None:
        if isinstance(one, promql.MatrixSelector):
            found.append(one.vector_selector)
        elif isinstance(one, promql.VectorSelector):
            found.append(one)

    promql.walk(node, visit)
    yield from found


def labels_of(node: promql.Expr, known: Known) -> Labels | None:
    """Of its result; None of a number. Raises Mistake."""
    match node:
        case promql.NumberLiteral() | promql.StringLiteral():
            return None
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return labels_of(node.expr, known)
        case promql.MatrixSelector():
            return _selected(node.vector_selector, known)
        case promql.VectorSelector():
            return _selected(node, known)
        case promql.Call():
            return _of_call(node, known)
        case promql.AggregateExpr():
            return _of_aggregate(node, known)
        case promql.BinaryExpr():
            return _of_pair(node, known)
    raise Mistake(f"{type(node).__name__} is not looked at here")


def _selected(selector: promql.VectorSelector, known: Known) -> Labels:
    if selector.name not in known:
        raise Mistake(f"there is no metric {selector.name}")
    labels = known[str(selector.name)] | OF_TARGETS
    _require({one.name for one in selector.matchers.matchers}, labels, str(selector.name))
    return labels


def _of_call(call: promql.Call, known: Known) -> Labels | None:
    arguments = [labels_of(one, known) for one in call.args]
    vectors = [one for one in arguments if one is not None]
    if call.func.name in ("vector", "absent"):
        return frozenset()
    labels = _all(vectors) if vectors else None
    if call.func.name == "histogram_quantile":
        _require({"le"}, labels or frozenset(), "histogram_quantile")
        return (labels or frozenset()) - {"le"}
    return labels


def _of_aggregate(node: promql.AggregateExpr, known: Known) -> Labels:
    inner = labels_of(node.expr, known) or frozenset()
    if str(node.op) in ("topk", "bottomk"):
        return inner
    if node.modifier is None:
        return frozenset()
    named = frozenset(node.modifier.labels)
    _require(named, inner, str(node.op))
    return named if node.modifier.type == promql.AggModifierType.By else inner - named


def _of_pair(node: promql.BinaryExpr, known: Known) -> Labels | None:
    left, right = labels_of(node.lhs, known), labels_of(node.rhs, known)
    if left is None or right is None:
        return right if left is None else left
    matching = node.modifier.matching if node.modifier else None
    if matching is None:
        if left != right and str(node.op) != "or":
            raise Mistake(f"{sorted(left)} {node.op} {sorted(right)} never meet")
        return left
    _require(matching.labels, left, "on")
    _require(matching.labels, right, "on")
    return left if str(node.op) in SET_OPERATORS else frozenset(matching.labels)


def _require(wanted: Iterable[str], there: Labels, what: str) -> None:
    if missing := set(wanted) - there:
        raise Mistake(f"{what} has no label {', '.join(sorted(missing))}: {sorted(there)}")


def _all(sets: list[Labels]) -> Labels:
    return reduce(frozenset.union, sets)
