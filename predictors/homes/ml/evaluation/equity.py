"""The ratio study and the bands of zipcodes, as sections of the page."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from learning.charts import Dot, dots
from learning.ratio_study import HOMOGENEOUS_COD, STANDARD_RANGES, verdict
from predictors.homes.ml.evaluation.markup import chart, number, paragraph, table, within

Figures = Mapping[str, Any]
Frames = Mapping[str, pd.DataFrame]

NO_RACE = (
    "There are no data on race, origin or any other trait of persons here, neither of sellers nor "
    "of buyers. What follows is by zipcode: bands of zipcodes by what the Census says of all who "
    "live there. It can show that homes in some kinds of zipcodes are valued worse; it cannot show "
    "that persons are treated equally."
)
THE_RULE = (
    "The interagency rule Quality Control Standards for Automated Valuation Models (89 FR 64538, "
    "in force since 1 October 2025, for instance 12 CFR 1026.42 and 12 CFR 323.17) asks "
    "lenders who use such models for: high confidence in the estimates, protection against "
    "manipulated data, no conflicts of interest, random sample testing, and compliance with "
    "nondiscrimination law. This section is evidence for the last; it is no legal judgement."
)
THE_STANDARD = (
    "Standard on Ratio Studies of the International Association of Assessing Officers (2013); for "
    f"newer or homogeneous areas it asks for a COD of {HOMOGENEOUS_COD.lowest:g} to "
    f"{HOMOGENEOUS_COD.highest:g}. It suspects a COD below 5, because assessors may have valued "
    "homes by their own sales; none of these homes was valued by its own sale, so lower is better "
    "here."
)
SHORT = {"median_ratio": "median ratio", "cod": "COD, %", "prd": "PRD", "prb": "PRB"}


def ratio_study(figures: Figures, rows: Frames) -> str:
    homes = figures["homes"]
    lines = []
    for name, value in homes["ratio_study"].items():
        limits, interval = STANDARD_RANGES[name], homes["interval"][name]
        digits = 2 if name == "cod" else 4
        lines.append(
            (
                SHORT[name],
                number(value, digits),
                within(interval, digits),
                f"{limits.lowest:g} to {limits.highest:g}",
                verdict(name, value, interval),
                limits.meaning,
            )
        )
    header = ("", "value", "95 % interval", "range", "", "what it says")
    return (
        table(header, lines, words=2)
        + paragraph(f"n {homes['n']:,}, the five folds. {THE_STANDARD}")
        + _by_group(homes["groups"])
    )


def _by_group(groups: Mapping[str, list[dict[str, Any]]]) -> str:
    """How many groups of 30 sales or more keep to each range; «surely» by the whole interval."""
    lines = []
    for key, title in (("zipcode", "zipcodes"), ("age", "ages"), ("grade", "grades")):
        known = [group for group in groups[key] if "cod" in group]
        cells = []
        for name in STANDARD_RANGES:
            said = [verdict(name, group[name], group["interval"][name]) for group in known]
            cells.append(f"{said.count('within')} within, {said.count('outside')} surely outside")
        lines.append((f"{len(known)} {title}", *cells))
    header = ("", *(SHORT[name] for name in STANDARD_RANGES))
    return table(header, lines, caption="Groups of 30 sales or more, by the same ranges")


def bands(figures: Figures, rows: Frames) -> str:
    parts = [paragraph(NO_RACE), paragraph(THE_RULE)]
    for key, band in figures["homes"]["bands"].items():
        known = [one for one in band["bands"] if "mdape" in one]
        shown = [
            Dot(
                f"{one['name']} (n {one['n']:,})",
                one["median_ratio"],
                *one["interval"]["median_ratio"],
            )
            for one in known
        ]
        if not shown:
            parts.append(paragraph(f"By {band['title']}: no band has 30 sales."))
            continue
        ratios = [one["median_ratio"] for one in known]
        reading = (
            f"Median ratio of estimate to price, with 95 % intervals, by {band['title']}: between "
            f"the bands it differs by {max(ratios) - min(ratios):.4f}."
        )
        parts.append(chart(dots(f"band-{key}", shown, "median ratio", reference=1), reading))
        parts.append(_table(band["title"], known))
    return "".join(parts)


def _table(title: str, known: list[dict[str, Any]]) -> str:
    header = ("", "zipcodes", "n", "MdAPE %", "≤ 10 %", "median ratio", "COD", "PRD", "PRB")
    lines = [
        (
            one["name"],
            str(one["zipcodes"]),
            f"{one['n']:,}",
            number(one["mdape"], 2),
            number(one["within_10"], 1),
            f"{one['median_ratio']:.4f} ({within(one['interval']['median_ratio'], 3)})",
            f"{one['cod']:.2f} ({within(one['interval']['cod'], 1)})",
            f"{one['prd']:.3f} ({within(one['interval']['prd'], 3)})",
            f"{one['prb']:.3f} ({within(one['interval']['prb'], 3)})",
        )
        for one in known
    ]
    return table(header, lines, caption=title)
