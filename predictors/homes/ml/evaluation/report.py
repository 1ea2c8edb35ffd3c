"""The report as one HTML page that needs nothing else, on screen and on paper."""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

from predictors.homes.ml.evaluation import equity, evidence, sections
from predictors.homes.ml.evaluation.front import front

TEMPLATE = Path(__file__).with_name("report.html")

Figures = Mapping[str, Any]
Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Section:
    anchor: str
    title: str
    needs: str
    """The part of the evaluation that it shows; empty: always shown."""
    write: Callable[[Figures, Frames], str]


SECTIONS = (
    Section("accuracy", "How near the estimates are", "", sections.accuracy),
    Section("comparison", "Beside the active version", "comparison", evidence.comparison),
    Section("fit", "Has it fit appropriately?", "learning_curve", sections.fit),
    Section("seeds", "Does chance in the training matter?", "seeds", sections.seeds),
    Section("intervals", "Do the 90 % intervals hold?", "", sections.intervals),
    Section("residuals", "Errors by price, age and grade", "homes", sections.residuals),
    Section("map", "Errors by place", "homes", sections.zipcodes),
    Section("ratios", "The assessors' ratio study", "homes", equity.ratio_study),
    Section("bands", "By demographic band of the zipcode", "homes", equity.bands),
    Section("importance", "What matters to the model", "importance", evidence.importance),
    Section("hostile", "Checks for leaks", "hostile", evidence.hostile),
    Section("method", "How this was measured", "", evidence.method),
    Section("data", "Data, command, machine", "", evidence.data),
)


def page(figures: Figures, rows: Frames) -> str:
    """`rows`: homes with their estimates, for the charts."""
    shown = [one for one in SECTIONS if not one.needs or one.needs in figures]
    about = figures["about"]
    contents = "".join(
        f'<li><a href="#{one.anchor}">{html.escape(one.title)}</a></li>' for one in shown
    )
    body = "".join(
        f'<section id="{one.anchor}"><h2>{number}. {html.escape(one.title)}</h2>'
        f"{one.write(figures, rows)}</section>"
        for number, one in enumerate(shown, start=1)
    )
    return Template(TEMPLATE.read_text()).substitute(
        title=html.escape(f"Evaluation of {about['version']}"),
        subtitle=html.escape(
            f"Recipe {about['recipe']}; {about['rows']:,} sales in {about['zipcodes']} zipcodes of "
            f"King County, {about['first_sale']} to {about['last_sale']}; "
            f"data: {about['data'] or 'of unknown kind'}"
        ),
        front=front(figures),
        contents=contents,
        body=body,
    )
