"""From data frames to the whole evaluation."""

import json
import os
import platform
from collections.abc import Callable, Sequence
from typing import Any

from learning.artifact import fingerprint, library_versions
from learning.evaluation import Evaluation, Subject
from predictors.homes.ml.evaluation.card import card
from predictors.homes.ml.evaluation.fitting import Bench
from predictors.homes.ml.evaluation.parts import chosen_parts, run_parts
from predictors.homes.ml.evaluation.report import page
from predictors.homes.ml.evaluation.summary import lines, shortened
from predictors.homes.ml.inputs import HomeData
from predictors.homes.ml.recipes import RECIPES


def run_evaluation(
    data: HomeData,
    subject: Subject,
    rival: Subject | None,
    *,
    only: Sequence[str],
    command: str,
    report: Callable[[str], None],
) -> Evaluation:
    """Raises UnknownPart. The same data, recipe and machine give the same bytes."""
    parts = chosen_parts(only)
    bench = Bench(data.sales, data.demographics, report)
    rival_recipe = rival.recipe if rival and rival.recipe != subject.recipe else None
    found = run_parts(bench, subject.recipe, rival_recipe, parts)
    about = _about(data, subject, rival, command, parts)
    kept = {"about": about, **shortened(found.figures)}
    whole = {"about": about, **found.figures}
    return Evaluation(
        figures=kept,
        lines=lines(kept),
        documents={
            "report.json": (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode(),
            "report.html": page(whole, found.rows).encode(),
            "model-card.md": card(whole).encode(),
        },
    )


def _about(
    data: HomeData, subject: Subject, rival: Subject | None, command: str, parts: Sequence[str]
) -> dict[str, Any]:
    dates = data.sales["date"]
    return {
        "version": subject.label,
        "digest": subject.digest,
        "recipe": subject.recipe,
        "choices": RECIPES[subject.recipe].choices,
        "inputs": len(RECIPES[subject.recipe].feature_names),
        "trained_on": dict(subject.trained_on),
        "active": rival and {"version": rival.label, "recipe": rival.recipe},
        "parts": list(parts),
        "data": data.kind,
        "rows": len(data.sales),
        "zipcodes": int(data.sales["zipcode"].nunique()),
        "parcels": int(data.sales["parcel"].nunique()),
        "first_sale": str(dates.min()),
        "last_sale": str(dates.max()),
        "median_price": float(data.sales["price"].median()),
        "fingerprint": fingerprint(data.sales),
        "files_sha256": dict(data.files_sha256),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "libraries": library_versions(),
        "command": command,
    }
