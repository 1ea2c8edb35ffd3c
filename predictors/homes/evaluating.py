"""From the tables, or from files, to data frames to an evaluation."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from learning.evaluation import Evaluation, Subject
from predictions.contract import Report
from predictions.errors import NotReady, UnknownRecipe
from predictors.homes.files import (
    DEMOGRAPHIC_CELLS,
    SALE_CELLS,
    DataFile,
    read_demographics,
    read_sales,
)
from predictors.homes.ml.evaluation.running import Data, run_evaluation
from predictors.homes.ml.recipes import RECIPES
from predictors.homes.models import DataLoad
from predictors.homes.training import data_kind, demographics_frame, sales_frame


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
    return run_evaluation(_data(files), subject, rival, only=only, command=command, report=report)


def _data(files: Mapping[str, Path]) -> Data:
    """A file stands in for its table."""
    sales = read_sales(files["sales"]) if "sales" in files else None
    demographics = read_demographics(files["demographics"]) if "demographics" in files else None
    latest = {dataset.value: DataLoad.objects.latest_of(dataset) for dataset in DataLoad.Dataset}
    digests = {name: load.sha256 for name, load in latest.items() if load is not None}
    digests |= {"sales": sales.sha256} if sales else {}
    digests |= {"demographics": demographics.sha256} if demographics else {}
    data = Data(
        sales=_sales(sales) if sales else sales_frame(),
        demographics=_frame(demographics, DEMOGRAPHIC_CELLS)
        if demographics
        else demographics_frame(),
        kind=_kind(sales, demographics),
        files_sha256=digests,
    )
    if data.sales.empty or data.demographics.empty:
        raise NotReady("load sales and demographics first: load_sales, load_demographics")
    return data


def _kind(sales: DataFile | None, demographics: DataFile | None) -> str | None:
    """Of what is used: with both files the tables do not matter."""
    read = [file.is_synthetic for file in (sales, demographics) if file is not None]
    if any(read):
        return "synthetic"
    return "real" if len(read) == 2 else data_kind()


def _sales(file: DataFile) -> pd.DataFrame:
    """As `sales_frame` gives them, in the order of the file."""
    return _frame(file, SALE_CELLS).rename(columns={"id": "parcel"}).astype({"price": float})


def _frame(file: DataFile, cells: Mapping[str, object]) -> pd.DataFrame:
    return pd.DataFrame.from_records(file.rows, columns=list(cells))
