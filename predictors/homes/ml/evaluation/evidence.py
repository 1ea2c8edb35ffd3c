"""What matters to the model, the hostile checks, the comparison, data and method, as sections."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from learning.charts import Dot, bars, dots
from learning.resampling import DRAWS
from predictors.homes.ml.evaluation.markup import (
    chart,
    facts,
    number,
    paragraph,
    points,
    table,
    within,
)
from predictors.homes.ml.evaluation.summary import TITLES

Figures = Mapping[str, Any]
Frames = Mapping[str, pd.DataFrame]

MOST_INPUTS = 20


def importance(figures: Figures, rows: Frames) -> str:
    found = figures["importance"]
    groups, inputs = found["groups"], found["inputs"]
    shown = [
        Dot(
            f"{one['name'].replace('_', ' ')} ({one['inputs']})",
            one["mdape_lost"],
            one["mdape_lost"] - one["mdape_lost_sd"],
            one["mdape_lost"] + one["mdape_lost_sd"],
        )
        for one in groups
    ]
    drawn = chart(
        dots("importance", shown, "MdAPE lost, percentage points", reference=0),
        f"Shuffling {groups[0]['name'].replace('_', ' ')} among {found['n']:,} homes costs most: "
        f"{groups[0]['mdape_lost']:.1f} percentage points of MdAPE. In brackets: how many inputs.",
    )
    header = ("", "MdAPE lost, points", "sd", "R² lost", "sd")
    lines = [
        (
            one["name"],
            number(one["mdape_lost"], 2),
            number(one["mdape_lost_sd"], 2),
            number(one["r2_lost"], 4),
            number(one["r2_lost_sd"], 4),
        )
        for one in inputs[:MOST_INPUTS]
    ]
    caption = f"Single inputs, the first {len(lines)} of {len(inputs)}"
    return (
        drawn
        + _contributions(found["contributions"])
        + table(header, lines, caption=caption)
        + paragraph(
            f"{found['repeats']} shuffles each. Inputs that say nearly the same (living area and "
            "area above ground, all demographics of a zipcode) stand in for each other, so that a "
            "single one may look unimportant when its group is not."
        )
    )


def _contributions(found: Figures) -> str:
    """Empty for a model that does not say what its estimates are made of."""
    if not found:
        return ""
    ordered = sorted(found["groups"].items(), key=lambda pair: -pair[1])
    names = [name.replace("_", " ") for name, _ in ordered]
    sizes = {"the model": [size for _, size in ordered]}
    drawn = bars("contributions", names, sizes, "mean size of its contribution, % of the estimate")
    return chart(
        drawn,
        f"What the model itself says beside an estimate: {names[0]} moves it by "
        f"{ordered[0][1]:.1f} % on average, up or down (n {found['n']}).",
    )


def hostile(figures: Figures, rows: Frames) -> str:
    target, prices = figures["hostile"]["shuffled_target"], figures["hostile"]["other_test_prices"]
    return points(
        [
            f"Prices dealt out anew among all homes, then the whole pipeline: R² "
            f"{target['r2']:.4f} on {target['n_test']:,} homes; at most {target['limit']} is "
            f"allowed. {_result(target['passed'])} Above that, the price of a test home would have "
            "found its way into its estimate. Below 0 is no leak.",
            f"The {prices['n_test']:,} test homes' own prices multiplied by 0.01 to 100, then the "
            f"whole pipeline: {prices['changed']} of their estimates (and interval bounds) "
            f"changed, by at most {prices['largest_change']:g} USD. {_result(prices['passed'])}",
        ]
    )


def _result(passed: bool) -> str:
    return "Passed." if passed else "FAILED: do not use this model before it is understood why."


def comparison(figures: Figures, rows: Frames) -> str:
    found, active = figures["comparison"], figures["about"]["active"]
    if not found:
        reason = (
            f"{active['version']} is active and has the same recipe: on the same parts it is the "
            "same model."
            if active
            else "No other version is active."
        )
        return paragraph(reason)
    names = {"r2": "R²", "mae": "MAE, USD", "mdape": "MdAPE, %", "within_10": "≤ 10 %, %"}
    parts = []
    for split, one in found.items():
        lines = [
            (
                title,
                *_compared(one, metric, 0 if metric == "mae" else 4 if metric == "r2" else 2),
            )
            for metric, title in names.items()
        ]
        header = ("", "this recipe", "the active one", "difference", "95 % interval", "")
        parts.append(
            table(header, lines, caption=f"{TITLES[split].capitalize()}, n {one['n_test']:,}")
        )
        parts.append(
            paragraph(
                f"Of these homes {one['nearer']:.1f} % are valued nearer to the price than by "
                f"{active['version']}."
            )
        )
    return "".join(parts)


def _compared(one: Figures, metric: str, digits: int) -> tuple[str, ...]:
    change = one["differences"][metric]
    better = (change["difference"] < 0) == (metric in ("mae", "mdape"))
    word = ("better" if better else "worse") if change["decided"] else "not decided"
    return (
        number(one["ours"][metric], digits),
        number(one["theirs"][metric], digits),
        number(change["difference"], digits),
        within(change["interval"], digits),
        word,
    )


def baselines_chart(figures: Figures, splits: list[str]) -> str:
    """For the first page: the error beside those of the baselines, by split."""
    metrics = {"the model": [figures[name]["model"]["mdape"] for name in splits]}
    shown = {"zipcode_rate": "zipcode rate × living area", "basic": "basic model"}
    for key, title in shown.items():
        values = [figures[name]["baselines"].get(key, {}).get("mdape") for name in splits]
        if None not in values:
            metrics[title] = values
    labels = [f"{TITLES[name]} (n {figures[name]['n_test']:,})" for name in splits]
    return bars("baselines", labels, metrics, "MdAPE, %: half of the estimates are nearer")


def data(figures: Figures, rows: Frames) -> str:
    about = figures["about"]
    return facts(
        {
            "version": f"{about['version']}, {about['digest']}",
            "recipe": f"{about['recipe']}, {about['inputs']} inputs",
            "sales": f"{about['rows']:,} of {about['parcels']:,} parcels in {about['zipcodes']} "
            f"zipcodes, {about['first_sale']} to {about['last_sale']}, median price "
            f"{about['median_price']:,.0f} USD, {about['data'] or 'of unknown kind'}",
            "fingerprint of the sales": about["fingerprint"],
            **{f"SHA-256 of {name}": digest for name, digest in about["files_sha256"].items()},
            "command": about["command"],
            "machine": about["machine"],
            "libraries": ", ".join(f"{name} {what}" for name, what in about["libraries"].items()),
        }
    )


def method(figures: Figures, rows: Frames) -> str:
    about = figures["about"]
    return points(
        [
            "The registered version learned from sales that are here too, so it cannot be tested "
            f"on them. Its recipe ({about['recipe']}) is trained again on a part of the sales and "
            "asked about the rest, each home as of its own day of sale.",
            "Random split: a quarter drawn at random (seed 42). Time split: the latest quarter by "
            "day of sale. Five folds: each home is tested once. By parcel: the same, with all "
            "sales of one parcel in the same fold.",
            "In the random split and the folds a model also knows sales of days after the one it "
            "values a home for; in the time split it does not, as in use.",
            f"How the choices in the recipe were made: {about['choices']}",
            "MdAPE: the median of the error relative to the price; MAPE: its mean; ≤ 10 %: share "
            "of estimates at most that far off the price, in %. R²: share of the variance of "
            "prices that is explained. RMSE and MAE in USD.",
            f"95 % intervals: bootstrap over test homes, {DRAWS:,} draws, percentiles. They say "
            "how much a figure hangs on which homes were tested, not how the market moves.",
            "Everything is drawn with fixed seeds: the same data, recipe and machine give the same "
            "bytes.",
        ]
    )
