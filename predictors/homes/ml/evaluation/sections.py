"""Accuracy, fit, intervals and residuals, as sections of the page."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from learning.charts import Dot, against, curve, dots, error_map, histogram
from predictors.homes.ml.evaluation.baselines import MEANINGS
from predictors.homes.ml.evaluation.baselines import TITLES as BASELINES
from predictors.homes.ml.evaluation.coverage import TARGETS
from predictors.homes.ml.evaluation.markup import chart, number, paragraph, table, within
from predictors.homes.ml.evaluation.parts import SPLITS
from predictors.homes.ml.evaluation.summary import METRICS, TITLES

Figures = Mapping[str, Any]
Frames = Mapping[str, pd.DataFrame]

HEADER = (
    "",
    "n",
    "R²",
    "RMSE",
    "MAE",
    "MAPE\u00a0%",
    "MdAPE\u00a0%",
    "≤\u00a05\u00a0%",
    "≤\u00a010\u00a0%",
    "≤\u00a020\u00a0%",
)
DIGITS = (4, 0, 0, 2, 2, 1, 1, 1)


def accuracy(figures: Figures, rows: Frames) -> str:
    """One table per split: the model, its intervals, what it had learned, the baselines."""
    parts = [_split(name, figures[name]) for name in SPLITS if name in figures]
    if parts:
        parts.append(paragraph(MEANINGS))
    frame = rows.get("folds", next(iter(rows.values()), None))
    if frame is not None:
        price, estimate = frame["price"].to_numpy(), frame["estimate"].to_numpy()
        parts.append(
            chart(
                against("against", price, estimate, x_axis="price, USD", y_axis="estimate, USD"),
                f"Estimates beside prices of {len(frame):,} homes that the fits had not seen: on "
                "the line they are equal, below it the home sold for more.",
            )
        )
        errors = 100 * frame["error"].to_numpy()
        parts.append(
            chart(
                histogram("errors", errors, axis="estimate off the price, %", limit=60),
                f"How far estimates are off (n {len(frame):,}): left of 0 the estimate was too "
                "low; beyond ±60 % counted at the ends.",
            )
        )
    return "".join(parts)


def _split(name: str, part: Figures) -> str:
    interval = part["interval"]
    rows = [
        _row("the model", part["n_test"], part["model"]),
        (
            "  95 % interval",
            "",
            *(
                within(interval[metric], digits)
                for metric, digits in zip(METRICS, DIGITS, strict=True)
            ),
        ),
        _row("where it had learned", part["n_train"], part["train"]),
        *(
            _row(BASELINES[key], part["n_test"], metrics)
            for key, metrics in part["baselines"].items()
        ),
    ]
    if "by_fold" in part:
        fold = part["by_fold"]
        rows.insert(
            2,
            (
                "  folds: mean ± sd",
                "",
                *(
                    f"{number(fold[metric]['mean'], digits)} ± {number(fold[metric]['sd'], digits)}"
                    for metric, digits in zip(METRICS, DIGITS, strict=True)
                ),
            ),
        )
    return table(HEADER, rows, caption=TITLES[name])


def _row(title: str, n: int, metrics: Mapping[str, float]) -> tuple[str, ...]:
    values = (
        number(metrics[metric], digits) for metric, digits in zip(METRICS, DIGITS, strict=True)
    )
    return title, f"{n:,}", *values


def fit(figures: Figures, rows: Frames) -> str:
    """Learning curve, gap, seeds: has it fit appropriately?"""
    steps = figures["learning_curve"]
    last, before = steps[-1]["test"]["mdape"], steps[-2]["test"]["mdape"]
    learned = steps[-1]["train"]["mdape"]
    r2_gap = steps[-1]["train"]["r2"] - steps[-1]["test"]["r2"]
    drawn = curve(
        "learning",
        [step["n_train"] for step in steps],
        {
            "homes it had not seen": [step["test"]["mdape"] for step in steps],
            "homes it had learned from": [step["train"]["mdape"] for step in steps],
        },
        x_axis="sales to learn from",
        y_axis="MdAPE, %",
    )
    grows = "more sales would still help" if before - last > 0.1 else "more sales help little now"
    return chart(
        drawn,
        f"From {steps[-2]['n_train']:,} to {steps[-1]['n_train']:,} sales the error on "
        f"{steps[-1]['n_test']:,} unseen homes goes from {before:.2f} to {last:.2f} %: {grows}.",
    ) + paragraph(
        f"The gap: MdAPE {learned:.2f} % on the homes it learned from, {last:.2f} % on the others; "
        f"R² {r2_gap:.4f} higher on the former. A gap alone is no fault; it would be one if the "
        "error on unseen homes rose again with more to learn, or stayed at that of the baselines."
    )


def seeds(figures: Figures, rows: Frames) -> str:
    found = figures["seeds"]
    header = ("", "mean", "sd", *(f"seed {seed}" for seed in found["seeds"]))
    lines = []
    for metric, digits in (("r2", 4), ("mdape", 2), ("mae", 0)):
        one = found["metrics"][metric]
        values = (number(value, digits) for value in one["values"])
        name = {"r2": "R²", "mdape": "MdAPE, %", "mae": "MAE, USD"}[metric]
        lines.append((name, number(one["mean"], digits), number(one["sd"], digits + 1), *values))
    says = (
        f"half of the estimates vary by less than {found['between']:.2f} % (standard deviation of "
        "the five over their mean)."
        if found["between"]
        else "the seed changes nothing, because nothing in this recipe is drawn at random."
    )
    return table(header, lines) + paragraph(
        f"The same {found['n_test']:,} homes, trained with five seeds: {says}"
    )


def intervals(figures: Figures, rows: Frames) -> str:
    """Coverage of the 90 % intervals. A recipe without intervals says so."""
    lines = []
    for name in SPLITS:
        found = figures.get(name, {}).get("coverage")
        if found:
            zipcode, decile = found["worst_zipcode"], found["worst_decile"]
            lines.append(
                (
                    TITLES[name],
                    f"{found['n']:,}",
                    f"{number(found['share'], 2)} ({within(found['interval']['share'], 2)})",
                    number(found["mean_width"], 1),
                    number(found["median_width"], 1),
                    f"{number(zipcode.get('share'), 1)} ({_of(zipcode)})",
                    f"{number(decile.get('share'), 1)} ({_of(decile)})",
                )
            )
    if not lines:
        return paragraph("This recipe gives estimates without intervals.")
    header = ("", "n", "holds %", "mean width %", "median %", "worst zipcode %", "worst decile %")
    kept = _kept(figures["folds"]["coverage"]) if "coverage" in figures.get("folds", {}) else ""
    return table(header, lines) + paragraph(
        f"Asked for in five folds: {TARGETS['share'][0]:g} to {TARGETS['share'][1]:g} % overall, "
        f"at least {TARGETS['worst_zipcode'][0]:g} % in every zipcode of 30 sales or more and "
        f"{TARGETS['worst_decile'][0]:g} % in every tenth of the estimates. Widths are relative "
        f"to the estimate. {kept}"
    )


def _kept(found: Figures) -> str:
    shares = {
        "overall": (found["share"], TARGETS["share"]),
        "in the worst zipcode": (found["worst_zipcode"].get("share"), TARGETS["worst_zipcode"]),
        "in the worst tenth": (found["worst_decile"].get("share"), TARGETS["worst_decile"]),
    }
    words = [
        f"{name} {'kept' if lowest <= share <= highest else 'missed'}"
        for name, (share, (lowest, highest)) in shares.items()
        if share is not None
    ]
    return f"Here: {', '.join(words)}."


def _of(group: Figures) -> str:
    return f"{group['name']}, n {group['n']:,}" if group else "–"


def residuals(figures: Figures, rows: Frames) -> str:
    titles = {
        "price": "price, thousand USD",
        "age": "age of the home at its sale, years",
        "grade": "building grade",
    }
    groups = figures["homes"]["groups"]
    drawn = "".join(_group_chart(key, title, groups[key]) for key, title in titles.items())
    return drawn + paragraph(
        "By price, some of it is a law: homes that sold dear for reasons nobody recorded are "
        "valued too low by any model, and cheap ones too high."
    )


def _group_chart(key: str, title: str, groups: list[dict[str, Any]]) -> str:
    known = [group for group in groups if "mdape" in group]
    left_out = sum(group["n"] for group in groups if "mdape" not in group)
    shown = [
        Dot(f"{group['name']} (n {group['n']:,})", group["median_error"], *group["quartiles"])
        for group in known
    ]
    worst = max(known, key=lambda group: group["mdape"], default=None)
    reading = f"By {title}: the median error and the middle half of the errors"
    reading += f"; largest MdAPE {worst['mdape']:.1f} % ({worst['name']})." if worst else "."
    if left_out:
        reading += f" {left_out} homes in groups of fewer than 30 are left out."
    return chart(dots(f"by-{key}", shown, "estimate off the price, %", reference=0), reading)


def zipcodes(figures: Figures, rows: Frames) -> str:
    frame = rows["folds"]
    drawn = error_map(
        "map",
        frame["long"].to_numpy(dtype=float),
        frame["lat"].to_numpy(dtype=float),
        100 * frame["error"].to_numpy(),
        limit=40,
        label="estimate off the price, %",
    )
    groups = figures["homes"]["groups"]["zipcode"]
    known = sorted((one for one in groups if "mdape" in one), key=lambda one: -one["mdape"])
    lines = [
        (
            one["name"],
            f"{one['n']:,}",
            number(one["mdape"], 2),
            number(one["median_error"], 2),
            number(one["median_ratio"], 4),
            number(one["cod"], 2),
            number(one["prd"], 3),
            number(one["prb"], 3),
        )
        for one in known
    ]
    header = ("", "n", "MdAPE %", "median error %", "median ratio", "COD", "PRD", "PRB")
    return chart(
        drawn,
        f"Each of {len(frame):,} homes by the error of its estimate: red too high, blue too low; "
        "patches of one colour would be places that the model gets wrong as a whole.",
    ) + table(header, lines, caption="Zipcodes with 30 sales or more, the largest error first")
