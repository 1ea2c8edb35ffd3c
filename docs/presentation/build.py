"""Makes the presentation, index.html, from slides/*.jinja and from what was measured.

python docs/presentation/build.py           writes it
python docs/presentation/build.py --check   exit code 1 if what is there is another

Each figure on a slide names where it is from, and is looked up there: `figure` in
docs/evidence/*.json, `quoted` in a table of a document, which says what command printed it.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent
MADE = HERE / "index.html"


def at(path: str) -> float:
    """The number at `champion.folds.model.r2`; a number in the path counts in a list."""
    name, *steps = path.split(".")
    found: Any = json.loads((DOCS / "evidence" / f"{name}.json").read_text())
    for step in steps:
        found = found[int(step)] if isinstance(found, list) else found[step]
    return float(found)


def cell(document: str, row: str, column: int) -> str:
    """What stands in a table of a document, in the row that begins with `row`."""
    for line in (DOCS.parent / document).read_text().splitlines():
        cells = [part.strip() for part in line.strip("|").split("|")]
        if line.startswith("|") and cells[0].strip("*") == row:
            return cells[column]
    raise LookupError(f"{document} has no row {row}")


def figure(path: str, shown: str = ".2f") -> Markup:
    value = at(path)
    return Markup('<data value="{}" data-from="{}">{}</data>').format(
        repr(value), path, format(value, shown)
    )


def quoted(document: str, row: str, column: int) -> Markup:
    text = cell(document, row, column)
    return Markup('<data value="{}" data-from="{}">{}</data>').format(
        text.replace(",", ""), f"{document}|{row}|{column}", text
    )


def number(text: str) -> float:
    return float(text.replace(",", ""))


def bar(value: float, most: float, kind: str = "ours") -> Markup:
    """A bar of the length `value` where `most` is the whole width."""
    return Markup(
        '<svg class="bar {}" aria-hidden="true"><rect width="100%" height="100%" class="rail"/>'
        '<rect width="{:.2f}%" height="100%" rx="3"/></svg>'
    ).format(kind, 100 * value / most)


def curve(series: dict[str, list[tuple[float, float]]], low: float, high: float) -> Markup:
    """Lines over doublings of x; each point has its value above it."""
    steps = [x for x, _ in next(iter(series.values()))]
    places = {x: 50 + 340 * index / (len(steps) - 1) for index, x in enumerate(steps)}

    def y(value: float) -> float:
        return 205 - 175 * (value - low) / (high - low)

    parts = [f'<line class="axis" x1="20" x2="420" y1="{y(low):.1f}" y2="{y(low):.1f}"/>']
    parts += [
        f'<text x="{place:.0f}" y="232" text-anchor="middle" class="soft">{x:,.0f}</text>'
        for x, place in places.items()
    ]
    for kind, points in series.items():
        line = " ".join(f"{places[x]:.1f},{y(value):.1f}" for x, value in points)
        parts.append(f'<polyline class="{kind}" points="{line}"/>')
        for x, value in points:
            at_x, at_y = places[x], y(value)
            parts.append(f'<circle class="{kind}" cx="{at_x:.1f}" cy="{at_y:.1f}" r="5"/>')
            parts.append(
                f'<text x="{at_x:.1f}" y="{at_y - 13:.1f}" text-anchor="middle">{value:.2f}</text>'
            )
    return Markup(
        '<svg class="curve" viewBox="0 0 440 240" role="img" aria-label="{}">{}</svg>'
    ).format(
        "the same numbers stand in the text",
        Markup("".join(parts)),  # noqa: S704 - numbers and our own words
    )


def page() -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE / "slides"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        at=at, cell=cell, figure=figure, quoted=quoted, number=number, bar=bar, curve=curve
    )
    filled = environment.get_template("page.jinja").render()
    unbroken = re.sub(r"(\d|</data>|</b>) %", "\\1\N{NO-BREAK SPACE}%", filled)
    return re.sub(r"\n{2,}", "\n", unbroken) + "\n"


def main() -> int:
    made = page()
    if "--check" in sys.argv[1:]:
        return int(made != MADE.read_text())
    MADE.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
