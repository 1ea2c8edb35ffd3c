"""From the tables, or from files, to a recipe to what can be registered."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from learning.artifact import Artifact, fingerprint
from learning.progress import Progress, silent, within
from predictions.contract import DataError
from predictions.errors import UnknownRecipe
from predictors.homes.frames import demographics_frame, home_data, sales_frame
from predictors.homes.ml.checks import UnfitData
from predictors.homes.ml.recipes import RECIPES


def train(
    *,
    recipe: str,
    files: Mapping[str, Path],
    held_out: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Artifact:
    """`held_out`: the rule of sales that are kept back (`frames.follows`).

    Raises UnknownRecipe, DataError, and NotReady when there are no sales or demographics.
    """
    try:
        run = RECIPES[recipe].train
    except KeyError:
        raise UnknownRecipe(f"no recipe {recipe!r}; there are: {', '.join(RECIPES)}") from None
    progress("reading sales and demographics", 0.0)
    # With what is held out, which is no reason to train again. Taken before the sales are read,
    # lest some that come meanwhile count as known.
    known = data_fingerprint() if held_out and not files else ""
    data = home_data(files, held_out)
    try:
        artifact = run(data.sales, data.demographics, within(progress, 0.02, 1.0))
    except UnfitData as error:
        raise DataError(f"nothing is learned from these sales: {error}") from error
    return replace(
        artifact,
        trained_on={
            **artifact.trained_on,
            "data": data.kind,
            "last_files_sha256": dict(data.files_sha256),
            "last_sale_id": data.last_sale_id,
            "data_fingerprint": known or _fingerprint(data.sales, data.demographics),
            "reference_fingerprint": _of_demographics(data.demographics),
            # A file that stands in for the table may hold the very sales that are kept back.
            **({"held_out": dict(held_out)} if held_out and "sales" not in files else {}),
        },
    )


def data_fingerprint() -> str:
    """Of all sales and demographics in the tables."""
    return _fingerprint(sales_frame(), demographics_frame())


def reference_fingerprint() -> str:
    return _of_demographics(demographics_frame())


def _of_demographics(demographics: pd.DataFrame) -> str:
    """Whatever their order: it changes no answer."""
    return fingerprint(demographics.sort_values("zipcode"))


def _fingerprint(sales: pd.DataFrame, demographics: pd.DataFrame) -> str:
    both = fingerprint(sales) + _of_demographics(demographics)
    return hashlib.sha256(both.encode()).hexdigest()
