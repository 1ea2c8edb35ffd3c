"""From stored seconds, or from a file, to an evaluation."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from learning.evaluation import Evaluation, Subject
from predictions.contract import DataError, Report
from predictions.errors import UnknownRecipe
from predictors.bitcoin.ml.checks import UnfitData
from predictors.bitcoin.ml.evaluation.running import run_evaluation
from predictors.bitcoin.ml.handed_over import read_h5
from predictors.bitcoin.ml.recipes import RECIPES
from predictors.bitcoin.sources import find_network
from predictors.bitcoin.training import training_seconds


def evaluate(
    *,
    subject: Subject,
    rival: Subject | None,
    only: Sequence[str],
    files: Mapping[str, Path],
    command: str,
    report: Report,
) -> Evaluation:
    """Raises UnknownRecipe, UnknownPart, DataError, and NotReady without seconds."""
    if subject.recipe not in RECIPES:
        raise UnknownRecipe(
            f"{subject.label} was made by {subject.recipe!r}, which is no recipe that can be "
            f"trained again; there are: {', '.join(RECIPES)}"
        )
    seconds, _ = training_seconds(files)
    network = find_network()
    try:
        return run_evaluation(
            seconds,
            subject,
            rival,
            only=only,
            command=command,
            report=report,
            network=None if network is None else read_h5(network.read_bytes()),
        )
    except UnfitData as error:
        raise DataError(f"nothing is learned from these seconds: {error}") from error
