"""From the tables, or from files, to data frames to an evaluation."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from learning.evaluation import Evaluation, Subject
from predictions.contract import DataError, Report
from predictions.errors import UnknownRecipe
from predictors.homes.frames import home_data
from predictors.homes.ml.checks import UnfitData, checked
from predictors.homes.ml.evaluation.running import run_evaluation
from predictors.homes.ml.recipes import RECIPES


def evaluate(
    *,
    subject: Subject,
    rival: Subject | None,
    only: Sequence[str],
    files: Mapping[str, Path],
    command: str,
    report: Report,
) -> Evaluation:
    """Raises UnknownRecipe, UnknownPart, DataError, and NotReady without sales or demographics."""
    if subject.recipe not in RECIPES:
        raise UnknownRecipe(
            f"{subject.label} was trained by the recipe {subject.recipe!r}, which is no more; "
            f"there are: {', '.join(RECIPES)}"
        )
    if rival is not None and rival.recipe not in RECIPES:
        report(f"{rival.label} is active, by no recipe that is here: nothing to compare with")
        rival = None
    data = home_data(files)
    try:
        checked(data.sales, data.demographics)
    except UnfitData as error:
        raise DataError(f"nothing is learned from these sales: {error}") from error
    return run_evaluation(data, subject, rival, only=only, command=command, report=report)
