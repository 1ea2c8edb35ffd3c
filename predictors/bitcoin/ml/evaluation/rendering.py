"""Figures as lines to print and as a page: both made of the figures and of nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from predictors.bitcoin.ml.evaluation.parts import PARTS

Figures = Mapping[str, Any]

# PostgreSQL keeps the members of an object in no order, so the order of columns is named here.
COLUMNS = (
    ("n", "n", ",d"),
    ("rows", "n", ",d"),
    ("rmse", "RMSE", ",.4f"),
    ("mae", "MAE", ",.4f"),
    ("bias", "bias", "+,.4f"),
    ("model", "model", ".4f"),
    ("persistence", "persist.", ".4f"),
    ("ewma", "EWMA", ".4f"),
    ("rmse_by_factor", "by factor", ".4f"),
    ("rmse_at_double_prices", "RMSE at ×2", ",.4f"),
    ("farthest_answer", "farthest", ".1e"),
    ("farthest_answer_retrained", "retrained", ".1e"),
    ("gain_over_persistence", "% persist.", "+,.2f"),
    ("gain_over_ewma", "% EWMA", "+,.2f"),
    ("difference", "difference", "+.4f"),
    ("lower", "lower", "+.4f"),
    ("upper", "upper", "+.4f"),
    ("better_draws_percent", "% better", ".1f"),
)
TABLES = ("rows", "by_block")
WIDTH = 13


def lines(figures: Figures) -> list[str]:
    return [
        "RMSE, MAE and bias in USD; % persist., % EWMA: how much smaller the RMSE is than theirs",
        "",
        *(line for name in PARTS if figures.get(name) for line in _part_lines(figures, name)),
    ]


def _part_lines(figures: Figures, name: str) -> Iterator[str]:
    part = figures[name]
    yield f"{name}: {PARTS[name].explained}"
    for table in TABLES:
        rows = part.get(table, [])
        if rows:
            shown = _columns(rows)
            yield f"  {'':46}" + "".join(f"{title:>{WIDTH}}" for _, title, _ in shown)
        for row in rows:
            cells = "".join(f"{cell:>{WIDTH}}" for cell in _cells(row, shown))
            yield f"  {row['name']:46}{cells}".rstrip()
    for key, value in _numbers(part):
        yield f"  {key}: {value}"
    yield ""


def page(figures: Figures) -> str:
    """Markdown."""
    about = figures["about"]
    said = "\n\n".join(_section(figures, name) for name in PARTS if figures.get(name))
    return f"""# Evaluation of {about["version"]}

Recipe `{about["recipe"]}`, digest `{about["digest"]}`. {about["choices"]}

Measured on {about["rows"]:,} traded seconds ({about["examples"]:,} windows of 61), from
{about["first_second"]} to {about["last_second"]}, fingerprint `{about["fingerprint"]}`.
Rows are seconds with a trade, not seconds of the clock: "next" is the next second that trades.
Errors are in USD. The recipe was fitted anew on a part of the data for each figure; the version
itself learned from what its `trained_on` says.

{said}

Made by `{about["command"]}` on {about["machine"]}.
"""


def _section(figures: Figures, name: str) -> str:
    part = figures[name]
    tables = [_table(part[table]) for table in TABLES if part.get(table)]
    said = "\n".join(f"- {key}: {value}" for key, value in _numbers(part))
    head = f"## {PARTS[name].title}\n{PARTS[name].explained}"
    return "\n\n".join([head, *tables, *([said] if said else [])])


def _table(rows: Sequence[Figures]) -> str:
    shown = _columns(rows)
    head = "| | " + " | ".join(title for _, title, _ in shown) + " |"
    rule = "|---|" + "---:|" * len(shown)
    body = [f"| {row['name']} | " + " | ".join(_cells(row, shown)) + " |" for row in rows]
    return "\n".join([head, rule, *body])


def _columns(rows: Sequence[Figures]) -> list[tuple[str, str, str]]:
    return [column for column in COLUMNS if any(column[0] in row for row in rows)]


def _cells(row: Figures, shown: Sequence[tuple[str, str, str]]) -> list[str]:
    return [format(row[key], form) if key in row else "" for key, _, form in shown]


def _numbers(part: Figures) -> Iterator[tuple[str, str]]:
    """What stands beside the tables, by name."""
    in_tables = {key for key, _, _ in COLUMNS} - {"rows"}
    for key in sorted(part.keys() - set(TABLES) - in_tables):
        value = part[key]
        yield key.replace("_", " "), f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
