"""What may stand beside the estimate of a home, as JSON: `?include=interval,comparables,…`.

What each member means to a client: docs/estimates.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from modelregistry.loading import LoadedModel
from predictions.contract import Question
from predictors.homes.ml.champion.model import Champion
from predictors.homes.ml.explaining import Comparable, Explains, Rows
from predictors.homes.ml.schema import HOME_FIELDS

_WHOLE = {field.name for field in HOME_FIELDS if field.kind == "integer"}


def include(model: LoadedModel, question: Question, names: Sequence[str]) -> dict[str, Any]:
    """A member for each name; null if the model can only estimate, as the basic one."""
    # The very class: by its attributes anything might pass for it.
    if type(model.estimator) is not Champion:
        return dict.fromkeys(names)
    return {name: _GIVERS[name](model.estimator, question.row) for name in names}


def intervals(model: LoadedModel, rows: Rows) -> tuple[Rows, Rows] | None:
    """Lower and upper bounds, each `(n_homes,)`, USD; None if the model can only estimate."""
    if type(model.estimator) is not Champion:
        return None
    return model.estimator.intervals(rows)


def _interval(model: Explains, row: Rows) -> dict[str, Any]:
    found = model.interval(row)
    return {
        "level": float(found.level),
        "lower": _cents(found.lower),
        "upper": _cents(found.upper),
        "fsd": round(float(found.fsd), 4),
        "confidence": found.confidence,
    }


def _comparables(model: Explains, row: Rows) -> dict[str, Any]:
    found = model.comparables(row)
    return {
        "sales": [_comparable(sale) for sale in found.sales],
        "own": [
            {
                "id": sale.id,
                "date": sale.date.isoformat(),
                "price": _cents(sale.price),
                "reason": sale.reason,
            }
            for sale in found.own
        ],
    }


def _comparable(sale: Comparable) -> dict[str, Any]:
    return {
        "id": sale.id,
        "date": sale.date.isoformat(),
        "price": _cents(sale.price),
        "price_per_sqft": _cents(sale.price_per_sqft),
        "distance_miles": round(float(sale.distance_miles), 2),
        "similarity": round(float(sale.similarity), 4),
        "adjustment": _cents(sale.adjustment),
        "adjusted_price": _cents(sale.adjusted_price),
        "facts": _facts(sale.facts),
    }


def _contributions(model: Explains, row: Rows) -> dict[str, Any]:
    found = model.contributions(row)
    return {
        # The model made them add up to the cent; rounding again could only undo that.
        "base": float(found.base),
        "base_home": _facts(found.base_home),
        "groups": [
            {"group": group, "dollars": float(dollars)} for group, dollars in found.groups.items()
        ],
    }


def _warnings(model: Explains, row: Rows) -> list[dict[str, str]]:
    return [
        {name: text for name, text in asdict(caution).items() if text is not None}
        for caution in model.warnings(row, datetime.now(UTC).date())
    ]


_GIVERS: Mapping[str, Callable[[Explains, Rows], Any]] = {
    "interval": _interval,
    "comparables": _comparables,
    "contributions": _contributions,
    "warnings": _warnings,
}


def _cents(dollars: float) -> float:
    return round(float(dollars), 2)


def _facts(facts: Mapping[str, float | str]) -> dict[str, float | str]:
    """As a client would send them: `4`, not `4.0`."""
    return {
        name: int(value) if name in _WHOLE and not isinstance(value, str) else value
        for name, value in facts.items()
    }
