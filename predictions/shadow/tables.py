"""A comparison as tables, for a page."""

from dataclasses import dataclass
from typing import Any

from predictions import catalog
from predictions.shadow.comparing import (
    BEYOND,
    LATEST,
    LATEST_OUTCOMES,
    LEAST_FOR_INTERVAL,
    AgainstOutcomes,
    Comparison,
    Figures,
)

NONE = "–"


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    note: str
    table: dict[str, Any]
    """`headers` and `rows`, as unfold's table takes them."""


def tables(found: Comparison) -> list[Table]:
    shown = [_answers(found), _difference(found), _outcomes(found.outcomes), _latency(found)]
    for name in dict.fromkeys(group.name for group in found.groups):
        shown.append(_groups(found, name))
    if found.errors:
        rows = [[text, f"{count:,}"] for text, count in found.errors]
        shown.append(_table("Not answered by the shadow", "", ["why", "requests"], rows))
    return shown


def _answers(found: Comparison) -> Table:
    share = 100 * found.answered / found.count if found.count else None
    row = [
        f"{found.count:,}",
        f"{found.answered:,}",
        _number(share, "%"),
        f"{found.shadow.computed_to:%Y-%m-%d %H:%M:%S} UTC",
    ]
    headers = ["requests", "answered by the shadow", "share", "computed up to"]
    return _table("Requests", f"The newest {LATEST:,} at most.", headers, [row])


def _difference(found: Comparison) -> Table:
    names = ("median", "mean", "p5", "p95")
    currency = catalog.get(found.shadow.predictor).currency
    rows = [
        [currency, *(_number(found.apart[name], "", 0) for name in names), "", "", "", ""],
        [
            "%",
            *(_number(found.percent[name], "") for name in names),
            _number(found.percent["median_size"], ""),
            *(_number(found.percent[f"beyond_{limit}"], "%") for limit in BEYOND),
        ],
    ]
    beyond = [f"> {limit} %" for limit in BEYOND]
    headers = ["", *names, "median size", *beyond]
    return _table(
        "Difference",
        "The shadow minus what was answered; the share of requests that differ by more.",
        headers,
        rows,
    )


def _outcomes(found: AgainstOutcomes) -> Table:
    names = ("mdape", "within_5", "within_10", "within_20")
    rows = [
        [title, *(_number(figures[name], "%") for name in names)]
        for title, figures in (("answered", found.live), ("shadow", found.shadow))
    ]
    note = f"{found.count:,} requests of which it is known (the newest {LATEST_OUTCOMES:,} at most)"
    if found.difference is not None:
        note += f"; MdAPE of the shadow minus that of the answers: {found.difference:+.2f}"
    if found.interval is not None:
        note += f" (95 %: {found.interval[0]:+.2f} to {found.interval[1]:+.2f})"
    elif found.count:
        note += f"; an interval from {LEAST_FOR_INTERVAL} on"
    headers = ["", "MdAPE", "within 5 %", "within 10 %", "within 20 %"]
    return _table("What really was", f"{note}.", headers, rows)


def _latency(found: Comparison) -> Table:
    rows = [
        _times("live requests, all in all", found.request_ms),
        _times("model that answered, alone", found.live_ms),
        _times("shadow's model, alone", found.shadow_ms),
    ]
    note = f"Both models were timed side by side in the worker on {found.timed:,} requests."
    return _table("Milliseconds", note, ["", "p50", "p95", "p99"], rows)


def _times(title: str, figures: Figures) -> list[str]:
    return [title, *(_number(figures[name], "", 3) for name in ("p50", "p95", "p99"))]


def _groups(found: Comparison, name: str) -> Table:
    rows = [
        [
            group.value,
            f"{group.count:,}",
            *(_number(value, "%") for value in (group.median, group.mean, group.median_size)),
        ]
        for group in found.groups
        if group.name == name
    ]
    headers = [name, "requests", "median", "mean", "median size"]
    return _table(f"Difference by {name}", "The 100 with most requests.", headers, rows)


def _table(title: str, note: str, headers: list[str], rows: list[list[str]]) -> Table:
    return Table(title, note, {"headers": headers, "rows": rows})


def _number(value: float | None, unit: str, digits: int = 2) -> str:
    return NONE if value is None else f"{value:,.{digits}f}{' ' if unit else ''}{unit}"
