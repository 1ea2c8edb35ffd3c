"""The value of a home in King County."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from learning.artifact import Artifact
from learning.fields import Fault, Field, check_all
from predictions.contract import DataKind, Question, Report
from predictions.errors import InvalidInput, NotReady
from predictors.homes import training
from predictors.homes.files import DEMOGRAPHICS_FILE, SALES_FILE, digest_of
from predictors.homes.loading import load_demographics, load_sales
from predictors.homes.ml.schema import (
    DEMOGRAPHIC_COLUMNS,
    DEMOGRAPHICS_ARE_OURS,
    HOME_FIELDS,
    KNOWN_FEATURES,
    contradictions,
)
from predictors.homes.models import DataLoad, Sale, ZipcodeDemographics
from predictors.homes.sources import OWN_FOLDER, find_files, missing_files

_REFUSED = dict.fromkeys(DEMOGRAPHIC_COLUMNS, DEMOGRAPHICS_ARE_OURS)


class HomesPredictor:
    name = "homes"
    currency = "USD"
    known_features = KNOWN_FEATURES
    recipes = tuple(training.RECIPES)
    allowed_classes = frozenset(
        {
            "sklearn.pipeline.Pipeline",
            "sklearn.preprocessing._data.RobustScaler",
            "sklearn.preprocessing._data.StandardScaler",
            "sklearn.neighbors._regression.KNeighborsRegressor",
            # The tree that scikit-learn builds for a neighbours model of up to 15 features.
            "sklearn.neighbors._kd_tree.KDTree",
            "sklearn.neighbors._kd_tree.newObj",
            "sklearn.metrics._dist_metrics.EuclideanDistance64",
            "sklearn.metrics._dist_metrics.newObj",
        }
    )

    def fields(self, feature_names: Sequence[str] | None = None) -> Sequence[Field]:
        if feature_names is None:
            return HOME_FIELDS
        needed = set(feature_names)
        if needed & set(DEMOGRAPHIC_COLUMNS):
            needed.add("zipcode")
        return tuple(field for field in HOME_FIELDS if field.name in needed)

    def decode(self, payload: Mapping[str, Any], fields: Sequence[Field]) -> Question:
        values, faults = check_all(payload, fields, refused=_REFUSED)
        faults += contradictions(values)
        zipcode = values.pop("zipcode", None)
        demographics = None if zipcode is None else _demographics(zipcode)
        if zipcode is not None and demographics is None:
            faults.append(_unknown_zipcode(zipcode))
        if faults:
            raise InvalidInput(faults)
        if demographics is None:
            return Question(features=values)
        figures = {name: getattr(demographics, name) for name in DEMOGRAPHIC_COLUMNS}
        return Question(
            features=values | figures,
            context={"demographics": {"zipcode": zipcode, "source": str(demographics.load)}},
            is_synthetic=demographics.load.is_synthetic,
        )

    def train(self, *, recipe: str) -> Artifact:
        return training.train(recipe=recipe)

    def missing_data(self) -> list[str]:
        return [] if ZipcodeDemographics.objects.exists() else ["no demographics are loaded"]

    def data_kind(self) -> DataKind | None:
        return cast(DataKind | None, training.data_kind())

    def load_data(self, *, folder: Path | None, report: Report) -> None:
        if folder is None and not missing_files(OWN_FOLDER):
            folder = OWN_FOLDER
        if folder is None and Sale.objects.exists() and ZipcodeDemographics.objects.exists():
            return
        files = find_files(folder=folder, report=report)
        report(f"home data: {files}")
        for dataset, name, load in (
            (DataLoad.Dataset.DEMOGRAPHICS, DEMOGRAPHICS_FILE, load_demographics),
            (DataLoad.Dataset.SALES, SALES_FILE, load_sales),
        ):
            # Once: a file loaded since by hand is not undone by the next start.
            if DataLoad.objects.filter(dataset=dataset, sha256=digest_of(files / name)).exists():
                continue
            report(str(load(files / name)))


def _demographics(zipcode: str) -> ZipcodeDemographics | None:
    return ZipcodeDemographics.objects.select_related("load").filter(zipcode=zipcode).first()


def _unknown_zipcode(zipcode: str) -> Fault:
    """Raises NotReady if it is not the client's fault: no zipcode is known at all."""
    first, last = (
        ZipcodeDemographics.objects.order_by(order).values_list("zipcode", flat=True).first()
        for order in ("zipcode", "-zipcode")
    )
    if first is None:
        raise NotReady("no demographics are loaded; an operator has to load them")
    return Fault(
        "zipcode",
        f"nothing is known about {zipcode}",
        f"a zipcode of King County, between {first} and {last}",
    )
