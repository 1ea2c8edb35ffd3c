"""From a table of seconds to the whole evaluation."""

import json
import os
import platform
from collections.abc import Callable, Sequence
from typing import Any, Final

import pandas as pd
from threadpoolctl import threadpool_limits

from learning.artifact import library_versions
from learning.evaluation import Evaluation, Subject
from predictors.bitcoin.ml.checks import checked
from predictors.bitcoin.ml.evaluation.bench import Bench, bench_of
from predictors.bitcoin.ml.evaluation.parts import PARTS, chosen_parts
from predictors.bitcoin.ml.evaluation.rendering import lines, page
from predictors.bitcoin.ml.handed_over import DenseNetwork
from predictors.bitcoin.ml.training import CHOICES, described

MOST_SECONDS: Final = 20_000
"""That are measured on, the newest: some of the rivals take hours to fit on more."""


def run_evaluation(
    seconds: pd.DataFrame,
    subject: Subject,
    rival: Subject | None,
    *,
    only: Sequence[str],
    command: str,
    report: Callable[[str], None],
    network: DenseNetwork | None = None,
) -> Evaluation:
    """Of the newest of `(n_seconds, 7)`, FRAME_COLUMNS. Raises UnknownPart, UnfitData.

    There is one recipe, so a rival of the same recipe has nothing to be compared in; it is named.
    The same data and libraries give the same figures.
    """
    parts = chosen_parts(only)
    found = checked(seconds.iloc[-MOST_SECONDS:])
    bench = bench_of(found.seconds, network, report)
    about = _about(bench, subject, rival, command, parts) | {"data_checks": found.as_json()}
    figures: dict[str, Any] = {"about": about}
    # One thread: sums in one order on every machine, and no threads that wait for each other
    # where others work too.
    with threadpool_limits(1):
        for name in parts:
            report(f"measuring: {name}")
            figures[name] = PARTS[name].run(bench)
    return Evaluation(
        figures=figures,
        lines=lines(figures),
        documents={
            "report.json": (json.dumps(figures, indent=1, ensure_ascii=False) + "\n").encode(),
            "report.md": page(figures).encode(),
        },
    )


def _about(
    bench: Bench, subject: Subject, rival: Subject | None, command: str, parts: Sequence[str]
) -> dict[str, Any]:
    return {
        "version": subject.label,
        "digest": subject.digest,
        "recipe": subject.recipe,
        "choices": CHOICES,
        "trained_on": dict(subject.trained_on),
        "active": rival and {"version": rival.label, "recipe": rival.recipe},
        "parts": list(parts),
        **described(bench.seconds, bench.examples),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "libraries": library_versions(),
        "command": command,
    }
