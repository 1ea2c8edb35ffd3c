"""Charts as SVG to be put into a page. The same numbers give the same bytes.

matplotlib's figures without its global state (pyplot), so that nothing is left open.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

Values = npt.NDArray[np.float64]

WIDTH = 7.0
"""Inches: the text width of an A4 page."""
BLUE, ORANGE, GREY, PALE = "#1f5fa8", "#d9772b", "#8a8f98", "#dce9dc"
COLOURS = (BLUE, ORANGE, GREY, "#5a9367")
STYLE: dict[Any, Any] = {
    # Names of clip paths and markers are random otherwise.
    "svg.hashsalt": "evaluation",
    # Text stays text: small, found by a search, sharp in print.
    "svg.fonttype": "none",
    "font.family": ["sans-serif"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "legend.frameon": False,
}


@dataclass(frozen=True, slots=True)
class Dot:
    label: str
    value: float
    low: float
    high: float
    """`low` to `high` is drawn as a line through the dot."""


def bars(name: str, labels: Sequence[str], series: Mapping[str, Sequence[float]], axis: str) -> str:
    """Lying bars: for each label one bar of each series; NaN: none."""

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        height = 0.8 / len(series)
        places = np.arange(len(labels))
        for number, (title, values) in enumerate(series.items()):
            offsets = places + (number - (len(series) - 1) / 2) * height
            colour = COLOURS[number % len(COLOURS)]
            drawn = axes.barh(offsets, list(values), height * 0.9, label=title, color=colour)
            axes.bar_label(drawn, fmt="%.1f", padding=2, fontsize=8)
        axes.set_yticks(places, list(labels))
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(axis)
        if len(series) > 1:
            figure.legend(loc="outside upper center", ncols=2)

    return _drawn(name, paint, 0.9 + 0.24 * len(labels) * max(len(series), 1.2))


def dots(
    name: str,
    rows: Sequence[Dot],
    axis: str,
    *,
    reference: float | None = None,
    shaded: tuple[float, float] | None = None,
) -> str:
    """A line per label; `reference` is a vertical line, `shaded` a range that is asked for."""

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        places = np.arange(len(rows))
        if shaded is not None:
            axes.axvspan(*shaded, color=PALE, lw=0)
        if reference is not None:
            axes.axvline(reference, color=GREY, lw=1)
        axes.hlines(places, [row.low for row in rows], [row.high for row in rows], color=BLUE)
        axes.plot([row.value for row in rows], places, "o", color=BLUE, ms=5)
        axes.set_yticks(places, [row.label for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(axis)

    return _drawn(name, paint, 0.8 + 0.24 * len(rows))


def curve(
    name: str,
    x: Sequence[float],
    series: Mapping[str, Sequence[float]],
    *,
    x_axis: str,
    y_axis: str,
) -> str:
    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for (title, values), colour in zip(series.items(), COLOURS, strict=False):
            axes.plot(list(x), list(values), "o-", label=title, color=colour)
        axes.set_xscale("log", base=2)
        axes.set_xticks(list(x), [f"{value:,.0f}" for value in x])
        axes.minorticks_off()
        axes.set_ylim(0, 1.1 * max(value for values in series.values() for value in values))
        axes.set_xlabel(x_axis)
        axes.set_ylabel(y_axis)
        axes.legend()

    return _drawn(name, paint, 2.8)


def against(name: str, actual: Values, predicted: Values, *, x_axis: str, y_axis: str) -> str:
    """Estimates over truths, both `(n_rows,)`, on logarithmic axes: how many where."""

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        limits = min(actual.min(), predicted.min()), max(actual.max(), predicted.max())
        drawn = axes.hexbin(
            actual, predicted, gridsize=60, xscale="log", yscale="log", cmap="Blues",
            norm=LogNorm(), mincnt=1, rasterized=True,
        )  # fmt: skip
        axes.plot(limits, limits, color=ORANGE, lw=1)
        for side in (axes.xaxis, axes.yaxis):
            side.set_major_locator(LogLocator(subs=(1, 2, 5)))
            side.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            side.set_minor_formatter(NullFormatter())
        axes.set_xlabel(x_axis)
        axes.set_ylabel(y_axis)
        figure.colorbar(drawn, ax=axes, label="homes", format=StrMethodFormatter("{x:,.0f}"))

    return _drawn(name, paint, 3.8)


def histogram(name: str, values: Values, *, axis: str, limit: float) -> str:
    """Of `(n_rows,)`; what lies beyond ±`limit` is counted at the ends."""

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.hist(np.clip(values, -limit, limit), bins=60, range=(-limit, limit), color=BLUE)
        axes.axvline(0, color=ORANGE, lw=1)
        axes.set_xlabel(axis)
        axes.set_ylabel("homes")

    return _drawn(name, paint, 2.4)


def error_map(
    name: str, longitude: Values, latitude: Values, error: Values, *, limit: float, label: str
) -> str:
    """A dot per home `(n_homes,)`, as they come: sorted by error, the worst would hide the rest."""

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        drawn = axes.scatter(
            longitude, latitude, c=error, s=2.5, lw=0, cmap="RdBu_r",
            vmin=-limit, vmax=limit, rasterized=True,
        )  # fmt: skip
        axes.set_aspect(1 / np.cos(np.radians(latitude.mean())))
        axes.set_facecolor("#f4f4f4")
        axes.set_xlabel("longitude")
        axes.set_ylabel("latitude")
        figure.colorbar(drawn, ax=axes, label=label, shrink=0.8, extend="both")

    return _drawn(name, paint, 4.6)


def _drawn(name: str, paint: Callable[[Figure], None], height: float) -> str:
    """The `<svg>` element; ids begin with `name`, so that several fit into one page."""
    stream = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained", dpi=150)
        paint(figure)
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue().decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    return re.sub(r'(url\(|href=")#', rf"\1#{name}-", text)
