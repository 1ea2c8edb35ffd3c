"""The first page, for who has one minute: is it good, how much better, how sure."""

from collections.abc import Iterator, Mapping
from typing import Any

from learning.ratio_study import verdict
from predictors.homes.ml.evaluation.evidence import baselines_chart
from predictors.homes.ml.evaluation.markup import chart, number, paragraph, points, table, within
from predictors.homes.ml.evaluation.parts import SPLITS
from predictors.homes.ml.evaluation.summary import TITLES

Figures = Mapping[str, Any]

SYNTHETIC = (
    "SYNTHETIC DATA. The sales behind this report are made up. Its figures show that the command "
    "works and say nothing about homes."
)


def front(figures: Figures) -> str:
    splits = [name for name in SPLITS if name in figures]
    about = figures["about"]
    parts = [paragraph(SYNTHETIC, "warning")] if about["data"] == "synthetic" else []
    if not splits:
        return "".join([*parts, paragraph("Only parts without a split were asked for.")])
    parts += [
        points(list(sentences(figures))),
        _table(figures, splits),
        chart(
            baselines_chart(figures, splits),
            "The error of the model beside that of simpler ways; shorter is better.",
        ),
    ]
    return "".join(parts)


def sentences(figures: Figures) -> Iterator[str]:
    """What the figures say, from the figures."""
    name = main_split(figures)
    if name is None:
        return
    part = figures[name]
    model, interval = part["model"], part["interval"]
    yield (
        f"Half of the estimates are within {model['mdape']:.2f} % of the price (95 % interval "
        f"{within(interval['mdape'], 2)}), {model['within_10']:.1f} % of them within 10 %; R² is "
        f"{model['r2']:.4f} ({within(interval['r2'], 4)}). {TITLES[name].capitalize()}, "
        f"{part['n_test']:,} homes that the fits had not seen."
    )
    for key, title in (
        ("zipcode_rate", "living area times the zipcode's median price per sqft"),
        ("basic", "the basic model that was handed over"),
    ):
        if key in part["baselines"]:
            yield _beside(model, part["baselines"][key], title)
    if "time" in figures and name != "time":
        late = figures["time"]
        yield (
            "Tried on the latest quarter of the sales, having learned from the earlier ones: "
            f"MdAPE {late['model']['mdape']:.2f} %, R² {late['model']['r2']:.4f} "
            f"(n {late['n_test']:,})."
        )
    yield from _checks(figures)


def _beside(model: Mapping[str, float], other: Mapping[str, float], title: str) -> str:
    change = 100 * (1 - model["mdape"] / other["mdape"])
    word = "smaller" if change >= 0 else "larger"
    higher = "higher" if model["r2"] >= other["r2"] else "lower"
    return (
        f"Its error is {abs(change):.0f} % {word} than that of {title} (MdAPE "
        f"{other['mdape']:.2f} %), its R² {higher} ({other['r2']:.4f})."
    )


def _checks(figures: Figures) -> Iterator[str]:
    if "homes" in figures:
        homes = figures["homes"]
        missed = [
            name.replace("median_ratio", "median ratio").replace("_", " ")
            for name, value in homes["ratio_study"].items()
            if verdict(name, value, homes["interval"][name]) != "within"
        ]
        names = ", ".join(name if " " in name else name.upper() for name in missed)
        yield (
            f"By the assessors' standard (IAAO) not in range: {names}."
            if missed
            else "All figures of the assessors' standard (IAAO) are in its ranges."
        )
    if "hostile" in figures:
        passed = all(check["passed"] for check in figures["hostile"].values())
        yield (
            "Both checks for leaks passed: no price of a test home reached its estimate."
            if passed
            else "A CHECK FOR LEAKS FAILED: the figures above cannot be trusted."
        )


def main_split(figures: Figures) -> str | None:
    """The folds, where each home is tested once; else the first that there is."""
    return next((name for name in ("folds", *SPLITS) if name in figures), None)


def _table(figures: Figures, splits: list[str]) -> str:
    header = ("", "n", "R² (95 %)", "MdAPE % (95 %)", "MAE, USD", "≤ 10 %")
    lines = [
        (
            TITLES[name],
            f"{figures[name]['n_test']:,}",
            f"{figures[name]['model']['r2']:.4f} ({within(figures[name]['interval']['r2'], 3)})",
            f"{figures[name]['model']['mdape']:.2f} "
            f"({within(figures[name]['interval']['mdape'], 2)})",
            number(figures[name]["model"]["mae"]),
            number(figures[name]["model"]["within_10"], 1),
        )
        for name in splits
    ]
    return table(header, lines)
