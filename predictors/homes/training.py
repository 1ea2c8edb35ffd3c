"""From the tables, or from files, to a recipe to what can be registered."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from learning.artifact import Artifact
from predictions.contract import DataError
from predictions.errors import UnknownRecipe
from predictors.homes.frames import home_data
from predictors.homes.ml.checks import UnfitData
from predictors.homes.ml.recipes import RECIPES


def train(*, recipe: str, files: Mapping[str, Path]) -> Artifact:
    """Raises UnknownRecipe, DataError, and NotReady when there are no sales or demographics."""
    try:
        run = RECIPES[recipe].train
    except KeyError:
        raise UnknownRecipe(f"no recipe {recipe!r}; there are: {', '.join(RECIPES)}") from None
    data = home_data(files)
    try:
        artifact = run(data.sales, data.demographics)
    except UnfitData as error:
        raise DataError(f"nothing is learned from these sales: {error}") from error
    return replace(
        artifact,
        trained_on={
            **artifact.trained_on,
            "data": data.kind,
            "last_files_sha256": dict(data.files_sha256),
        },
    )
