"""Pieces of the page. Whatever is text is escaped here, and nowhere else."""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

ROWS_ON_A_PAGE = 25
"""A longer table begins on a page of its own and may be broken; others are kept whole."""


def paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{html.escape(text)}</p>' if kind else f"<p>{html.escape(text)}</p>"


def points(texts: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(text)}</li>" for text in texts) + "</ul>"


def chart(svg: str, reading: str) -> str:
    """`reading`: in one sentence, what it shows."""
    described = html.escape(reading, quote=True)
    return (
        f'<figure role="img" aria-label="{described}">{svg}'
        f"<figcaption>{html.escape(reading)}</figcaption></figure>"
    )


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "", *, words: int = 0
) -> str:
    """The first column names the row; the others are numbers, but for the last `words` of them."""
    first_word = len(header) - words
    kinds = ["" if place < first_word else ' class="words"' for place in range(len(header))]
    head = "".join(
        f'<th scope="col"{kind}>{html.escape(title)}</th>'
        for title, kind in zip(header, kinds, strict=True)
    )
    body = "".join(
        f'<tr><th scope="row">{html.escape(row[0])}</th>'
        + "".join(
            f"<td{kind}>{html.escape(cell)}</td>"
            for cell, kind in zip(row[1:], kinds[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    # Not capitalize(): it would make small letters of USD.
    shown = (
        f"<caption>{html.escape(caption[:1].upper() + caption[1:])}</caption>" if caption else ""
    )
    kind = ' class="long"' if len(rows) > ROWS_ON_A_PAGE else ""
    return f"<table{kind}>{shown}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def facts(pairs: Mapping[str, Any]) -> str:
    return (
        "<dl>"
        + "".join(
            f"<dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd>"
            for name, value in pairs.items()
        )
        + "</dl>"
    )


def number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """`–` for what there is not."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:,.{digits}f}{unit}"


def within(interval: Sequence[float], digits: int = 0) -> str:
    """A dash between numbers that have no sign."""
    between = " to " if min(interval) < 0 else "–"
    return f"{interval[0]:,.{digits}f}{between}{interval[1]:,.{digits}f}"
