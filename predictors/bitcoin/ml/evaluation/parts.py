"""The parts of an evaluation: what each asks, and how it is answered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from learning.evaluation import UnknownPart
from predictors.bitcoin.ml.evaluation import blocks, forecasts, rivals
from predictors.bitcoin.ml.evaluation.bench import Bench, Figures
from predictors.bitcoin.ml.evaluation.lookback import lookback


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    explained: str
    run: Callable[[Bench], Figures]


PARTS: Mapping[str, Part] = {
    "split": Part(
        "On later seconds",
        "next_close; learned from the first 70 % of the windows, tested on the last 30 %.",
        forecasts.on_later_seconds,
    ),
    "walk_forward": Part(
        "Walk-forward",
        "next_close; each 60 rows are forecast, then learned, after the first 600 rows.",
        forecasts.walk_forward,
    ),
    "bootstrap": Part(
        "How sure the differences are",
        "RMSE of the model less that of a naive guess, USD, with the 95 % interval of the "
        "moving-block bootstrap: below 0 the model is better.",
        blocks.intervals,
    ),
    "targets": Part(
        "Targets",
        "The last 30 %. current_high is the high of the very second whose open and close are "
        "given: nearly known, and no forecast.",
        forecasts.by_target,
    ),
    "scale": Part(
        "Other price levels",
        "All prices times a factor: the model as it was, and one trained again on such prices. "
        "The farthest answer is relative to the factor.",
        forecasts.at_other_levels,
    ),
    "lookback": Part(
        "A longer or a shorter window",
        "next_close; the same features of another number of traded seconds, all on the same rows.",
        lookback,
    ),
    "losses": Part("Losses", "next_close, the last 30 %, scale-free features.", rivals.losses),
    "architectures": Part(
        "Architectures and optimizers",
        "next_close, the last 30 %, scale-free features.",
        rivals.architectures,
    ),
    "features": Part(
        "Raw prices or scale-free features",
        "next_close, the last 30 %, as it is and with all prices doubled.",
        rivals.features,
    ),
    "handed_over": Part(
        "The handed-over model",
        "The last 30 %; what it was trained for was current_high.",
        forecasts.dead_network,
    ),
}


def chosen_parts(only: Sequence[str]) -> list[str]:
    """All without a choice. Raises UnknownPart."""
    unknown = [name for name in only if name not in PARTS]
    if unknown:
        raise UnknownPart(f"no part {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    return [name for name in PARTS if not only or name in only]
