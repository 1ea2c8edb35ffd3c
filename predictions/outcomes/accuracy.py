"""What outcomes say of the predictions, by version, place, price and time."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd
from django.db import connection
from django.db.models import F, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.contract import DataKind, Predictor
from predictions.outcomes.figures import figures
from predictions.outcomes.models import Outcome

UNKNOWN = "unknown"
On = Literal["recorded", "sale"]
LATEST = 200_000
"""So many outcomes are looked at, the newest: in a web process, which has others to serve."""
_COLUMNS = ("prediction", "actual", "lower", "upper", "date", "label")
_TYPES: Any = dict.fromkeys(_COLUMNS[:4], np.float64) | {"date": "category", "label": "category"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    predictor: str
    window: timedelta | None
    """Up to now; None: all."""
    on: On = "recorded"
    """What lies in the window: when it was recorded, or the day of the sale."""
    by: str = "version"
    """One of `ways`."""
    version: int | None = None
    """None: all versions."""
    data: DataKind | None = None
    """None: what is loaded now; made-up and real outcomes are never told in one figure."""
    at_most: int = LATEST
    """Outcomes, the last that were recorded."""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    figures: Mapping[str, Any]
    headline: Mapping[str, Any] | None = None
    """By version: what was measured when it was trained."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    wanted: Wanted
    """With the kind of data, if it was left open."""
    since: datetime | None
    is_cut: bool
    """There are more outcomes than were looked at."""
    overall: Mapping[str, Any]
    groups: Sequence[Group]


def ways(predictor: Predictor) -> tuple[str, ...]:
    """By what accuracy can be broken down."""
    bands = ("price_band",) if predictor.bands else ()
    return ("version", *predictor.group_names, *bands, "month")


def accuracy(wanted: Wanted) -> Accuracy:
    """Raises UnknownPredictor, UnknownVersion."""
    predictor = catalog.get(wanted.predictor)
    wanted = replace(wanted, data=wanted.data or predictor.data_kind() or "real")
    if wanted.version is not None:
        ModelVersion.objects.numbered(predictor.name, wanted.version)
    since = None if wanted.window is None else datetime.now(UTC) - wanted.window
    read = read_outcomes(wanted, since)
    outcomes = read.tail(wanted.at_most).copy()
    if wanted.by == "month":
        outcomes["label"] = outcomes["date"].astype(str).str[:7]
    if wanted.by == "price_band":
        outcomes["label"] = _bands(outcomes["actual"], predictor.bands)
    headlines = _headlines(predictor.name) if wanted.by == "version" else {}
    groups = [Group(name, figures(part), headlines.get(name)) for name, part in _groups(outcomes)]
    return Accuracy(wanted, since, len(read) > len(outcomes), figures(outcomes), groups)


def read_outcomes(wanted: Wanted, since: datetime | None) -> pd.DataFrame:
    """In the order in which they were first recorded, `(n_outcomes, 6)`; no bounds are NaN.

    One more than `wanted.at_most` if there are more.

    By COPY: as objects of Python a million rows would take ten times the time and the memory.
    Numbers arrive in every bit: PostgreSQL writes the shortest text that is read as the same.
    """
    rows = Outcome.objects.of(
        wanted.predictor,
        is_synthetic=wanted.data == "synthetic",
        version=wanted.version,
        recorded_since=since if wanted.on == "recorded" else None,
        sold_since=since.date() if since and wanted.on == "sale" else None,
    ).order_by("-id")[: wanted.at_most + 1]
    labelled = rows.annotate(label=_label(wanted.by)).values_list(*_COLUMNS)
    query, parameters = labelled.query.sql_with_params()
    content = io.BytesIO()
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)", parameters) as stream,
    ):
        for part in stream:
            content.write(part)
    content.seek(0)
    newest_first = pd.read_csv(content, names=list(_COLUMNS), dtype=_TYPES)
    read = newest_first.iloc[::-1].reset_index(drop=True)
    read["date"] = read["date"].cat.reorder_categories(
        sorted(read["date"].cat.categories), ordered=True
    )
    return read


def _label(by: str) -> Any:
    if by == "version":
        return F("model_version__version")
    if by in ("month", "price_band"):
        return Value("")
    return Coalesce(KT(f"groups__{by}"), Value(UNKNOWN), output_field=TextField())


def _bands(actual: "pd.Series[float]", limits: Sequence[float]) -> Any:
    """A categorical, `(n_outcomes,)`."""
    names = [
        f"under {limits[0]:,.0f}",
        *(f"{low:,.0f} to {high:,.0f}" for low, high in pairwise(limits)),
        f"{limits[-1]:,.0f} and more",
    ]
    edges = [-np.inf, *limits, np.inf]
    return pd.cut(actual, edges, right=False, labels=names)


def _groups(outcomes: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Numbers by their size, bands rising, all else by the alphabet."""
    parts = [(str(name), part) for name, part in outcomes.groupby("label", observed=True)]
    if all(name.isdigit() for name, _ in parts):
        parts.sort(key=lambda part: int(part[0]))
    yield from parts


def _headlines(predictor: str) -> dict[str, Mapping[str, Any]]:
    versions = ModelVersion.objects.of(predictor).only("version", "metrics")
    return {str(version.version): version.headline for version in versions}
