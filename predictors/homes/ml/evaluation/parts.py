"""The parts of an evaluation, in the order in which they share fits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from learning.evaluation import UnknownPart
from learning.ratio_study import ratio_intervals, ratio_statistics
from learning.splits import Part, folds, grouped_folds, random_split, time_split
from predictors.homes.ml.evaluation.accuracy import measure, pool
from predictors.homes.ml.evaluation.comparison import compare
from predictors.homes.ml.evaluation.fitting import Bench
from predictors.homes.ml.evaluation.groups import by_home, by_zipcode_band, out_of_fold
from predictors.homes.ml.evaluation.hostile import other_test_prices, shuffled_target
from predictors.homes.ml.evaluation.importance import importance
from predictors.homes.ml.evaluation.stability import learning_curve, seeds

SPLITS = ("random", "time", "folds", "grouped")


@dataclass(frozen=True, slots=True)
class Found:
    figures: dict[str, Any] = field(default_factory=dict)
    """By part; JSON."""
    rows: dict[str, pd.DataFrame] = field(default_factory=dict)
    """For charts: single homes with their estimates, `folds` and `random`."""


@dataclass(frozen=True, slots=True)
class Job:
    bench: Bench
    recipe: str
    rival: str | None
    """The recipe of the active version; None: there is none, or it is the same."""
    splits: Mapping[str, tuple[Part, ...]]

    @property
    def random(self) -> Part:
        return self.splits["random"][0]


def _split(name: str) -> Callable[[Job, Found], Any]:
    def run(job: Job, found: Found) -> Any:
        measured = measure(job.bench, job.recipe, job.splits[name])
        pooled = pool([job.bench.answers(job.recipe, part) for part in job.splits[name]])
        found.rows[name] = out_of_fold(
            job.bench.sales, job.bench.demographics, pooled.test, pooled.estimates
        )
        return measured

    return run


def _homes(job: Job, found: Found) -> Any:
    """On the homes of the folds: everyone once."""
    rows = found.rows["folds"]
    prices, estimates = rows["price"].to_numpy(), rows["estimate"].to_numpy()
    return {
        "n": len(rows),
        "ratio_study": ratio_statistics(prices, estimates),
        "interval": ratio_intervals(prices, estimates),
        "groups": by_home(rows),
        "bands": by_zipcode_band(rows),
    }


def _hostile(job: Job, found: Found) -> Any:
    return {
        "shuffled_target": shuffled_target(job.bench, job.recipe, job.random),
        "other_test_prices": other_test_prices(job.bench, job.recipe, job.random),
    }


def _comparison(job: Job, found: Found) -> Any:
    """Empty if there is nothing to compare with."""
    if job.rival is None:
        return {}
    chosen = {name: job.splits[name] for name in ("random", "folds")}
    return compare(job.bench, job.recipe, job.rival, chosen)


# The model of the random split is asked again for importance, so that comes right after it.
PARTS: Mapping[str, Callable[[Job, Found], Any]] = {
    "random": _split("random"),
    "importance": lambda job, found: importance(job.bench, job.recipe, job.random),
    "seeds": lambda job, found: seeds(job.bench, job.recipe, job.random),
    "learning_curve": lambda job, found: learning_curve(job.bench, job.recipe, job.random),
    "time": _split("time"),
    "folds": _split("folds"),
    "homes": _homes,
    "grouped": _split("grouped"),
    "hostile": _hostile,
    "comparison": _comparison,
}
NEEDS = {"homes": "folds"}


def chosen_parts(only: Sequence[str]) -> list[str]:
    """All without a choice. Raises UnknownPart."""
    unknown = [name for name in only if name not in PARTS]
    if unknown:
        raise UnknownPart(f"no part {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    wanted = set(only or PARTS) | {NEEDS[name] for name in only if name in NEEDS}
    return [name for name in PARTS if name in wanted]


def run_parts(bench: Bench, recipe: str, rival: str | None, parts: Sequence[str]) -> Found:
    job = Job(
        bench=bench,
        recipe=recipe,
        rival=rival,
        splits={
            "random": (random_split(len(bench.sales)),),
            "time": (time_split(bench.sales["date"].tolist()),),
            "folds": folds(len(bench.sales)),
            "grouped": grouped_folds(bench.sales["parcel"].tolist()),
        },
    )
    found = Found()
    for name in parts:
        found.figures[name] = PARTS[name](job, found)
    return found
