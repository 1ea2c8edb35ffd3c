"""From stored seconds, or from a file, to what can be registered."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from learning.artifact import Artifact
from learning.progress import Progress, within
from predictions.contract import DataError, HeldOut
from predictions.errors import NotReady, UnknownRecipe
from predictors.bitcoin.files import read_seconds
from predictors.bitcoin.frames import data_kind, moment_in, seconds_frame
from predictors.bitcoin.held_out import AFTER
from predictors.bitcoin.ml.checks import UnfitData
from predictors.bitcoin.ml.recipes import RECIPES
from predictors.bitcoin.models import Second


def train(
    *,
    recipe: str,
    files: Mapping[str, Path],
    held_out: HeldOut | None = None,
    progress: Progress,
) -> Artifact:
    """Raises UnknownRecipe, DataError, NotReady when there are no seconds."""
    if recipe not in RECIPES:
        raise UnknownRecipe(f"no recipe {recipe!r}; there are: {', '.join(RECIPES)}")
    progress("reading seconds", 0.0)
    fingerprint = "" if files else data_fingerprint()
    until = moment_in(held_out.rule, AFTER) if held_out else None
    seconds, kind = training_seconds(files)
    if until is not None:
        seconds = seconds[seconds["time"] <= until]
    try:
        artifact = RECIPES[recipe](seconds, within(progress, 0.02, 1.0))
    except UnfitData as error:
        raise DataError(f"nothing is learned from these seconds: {error}") from error
    return replace(
        artifact,
        trained_on={
            **artifact.trained_on,
            "data": kind,
            "data_fingerprint": fingerprint,
            "reference_fingerprint": "",
            "learned_until": seconds["time"].iloc[-1].isoformat(),
            **({"held_out": dict(held_out.rule)} if held_out and held_out.rule else {}),
        },
    )


def training_seconds(files: Mapping[str, Path]) -> tuple[pd.DataFrame, str | None]:
    """From the file `seconds`, else from the table, and whether they are real or synthetic."""
    if "seconds" in files:
        file = read_seconds(files["seconds"])
        return file.seconds, "synthetic" if file.is_synthetic else "real"
    seconds = seconds_frame()
    if seconds.empty:
        raise NotReady("no seconds are loaded; an operator has to load them")
    return seconds, data_kind()


def data_fingerprint() -> str:
    """Seconds are never changed: how many there are and which is the newest says it all."""
    newest = Second.objects.order_by("-time").values_list("time", "is_synthetic").first()
    content = f"{Second.objects.count()} {newest}"
    return hashlib.sha256(content.encode()).hexdigest()
