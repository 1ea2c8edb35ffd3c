"""The value of a home in King County."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from django.utils.module_loading import import_string

from learning.artifact import Artifact
from learning.evaluation import Evaluation, Subject
from learning.fields import Field
from learning.progress import Progress
from modelregistry.catalog import Trial
from modelregistry.loading import LoadedModel
from predictions.contract import (
    DataError,
    DataKind,
    HeldOut,
    Kept,
    KnownOutcome,
    Predictor,
    Question,
    Report,
    Rows,
)
from predictions.references import Reference
from predictors.homes.atlas_schemas import ATLAS_SCHEMAS
from predictors.homes.decoding import HomeDecoder
from predictors.homes.demographics import DEMOGRAPHICS
from predictors.homes.files import DEMOGRAPHICS_FILE, EXAMPLES_FILE, SALES_FILE, digest_of
from predictors.homes.frames import data_kind
from predictors.homes.held_out import held_out, training_rows
from predictors.homes.inclusion_schemas import INCLUSIONS
from predictors.homes.inclusions import include, intervals
from predictors.homes.loading import load_demographics, load_examples, load_sales
from predictors.homes.ml.champion.classes import CHAMPION_CLASSES
from predictors.homes.ml.recipes import RECIPES
from predictors.homes.ml.schema import (
    DEMOGRAPHIC_COLUMNS,
    HOME_FIELDS,
    IDENTITY,
    KNOWN_FEATURES,
    PRICE_BANDS,
    PRICE_FIELD,
    VALUATION_DATE_FIELD,
)
from predictors.homes.models import DataLoad, Sale, ZipcodeDemographics
from predictors.homes.outcomes import keep_outcomes
from predictors.homes.sources import OWN_FOLDER, find_files, missing_files
from predictors.homes.training import data_fingerprint, reference_fingerprint, train
from predictors.homes.trial import trial_rows


class HomesPredictor(Predictor):
    name = "homes"
    currency = "USD"
    address = "/api/predict/"
    file_names = ("sales", "demographics")
    known_features = KNOWN_FEATURES
    recipes = tuple(RECIPES)
    inclusions = INCLUSIONS
    group_names = ("zipcode",)
    actual = PRICE_FIELD
    bands = PRICE_BANDS
    identity = IDENTITY
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
            *CHAMPION_CLASSES,
        }
    )

    def fields(self, feature_names: Sequence[str] | None = None) -> Sequence[Field]:
        if feature_names is None:
            # Also for a model that knows no time: a switch to it must not fail who sends a date.
            return (*HOME_FIELDS, VALUATION_DATE_FIELD)
        needed = set(feature_names)
        if needed & set(DEMOGRAPHIC_COLUMNS):
            needed.add("zipcode")
        return tuple(field for field in self.fields() if field.name in needed)

    def decoder(self, feature_names: Sequence[str], *, minimal: bool) -> HomeDecoder:
        return HomeDecoder(self.fields(feature_names if minimal else None), feature_names)

    def include(
        self, model: LoadedModel, question: Question, names: Sequence[str]
    ) -> Mapping[str, Any]:
        return include(model, question, names)

    @property
    def schemas(self) -> Mapping[str, Any]:
        return ATLAS_SCHEMAS

    @property
    def references(self) -> Sequence[Reference[Any]]:
        return (DEMOGRAPHICS,)

    def trial(self, feature_names: Sequence[str]) -> Trial:
        return trial_rows(feature_names)

    def train(
        self,
        *,
        recipe: str,
        files: Mapping[str, Path],
        held_out: HeldOut | None = None,
        progress: Progress,
    ) -> Artifact:
        rule = held_out.rule if held_out else None
        return train(recipe=recipe, files=files, held_out=rule, progress=progress)

    def data_fingerprint(self) -> str:
        return data_fingerprint()

    def reference_fingerprint(self) -> str:
        return reference_fingerprint()

    def held_out(self, *, trained_on: Mapping[str, Any], share: float) -> HeldOut:
        return held_out(trained_on, share)

    def training_rows(self, feature_names: Sequence[str]) -> Rows:
        return training_rows(feature_names)

    def intervals(self, model: LoadedModel, rows: Rows) -> tuple[Rows, Rows] | None:
        return intervals(model, rows)

    def groups(self, request: Mapping[str, Any]) -> Mapping[str, str]:
        return {"zipcode": str(request["zipcode"])} if "zipcode" in request else {}

    def keep_outcomes(self, outcomes: Sequence[KnownOutcome]) -> Sequence[Kept]:
        return keep_outcomes(outcomes)

    def evaluate(
        self,
        *,
        subject: Subject,
        rival: Subject | None,
        only: Sequence[str],
        files: Mapping[str, Path],
        command: str,
        report: Report,
    ) -> Evaluation:
        # By name: a process that answers requests does without the 26 MB of matplotlib.
        evaluate = import_string("predictors.homes.evaluating.evaluate")
        found: Evaluation = evaluate(
            subject=subject, rival=rival, only=only, files=files, command=command, report=report
        )
        return found

    def missing_data(self) -> list[str]:
        return [] if ZipcodeDemographics.objects.exists() else ["no demographics are loaded"]

    def data_kind(self) -> DataKind | None:
        return cast(DataKind | None, data_kind())

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
        self._load_examples(files / EXAMPLES_FILE, report)

    @staticmethod
    def _load_examples(path: Path, report: Report) -> None:
        """No answer rests on them: what is wrong with them keeps nobody from answering."""
        examples = DataLoad.Dataset.EXAMPLES
        try:
            if not DataLoad.objects.filter(dataset=examples, sha256=digest_of(path)).exists():
                report(str(load_examples(path)))
        except DataError as error:
            report(f"no homes to try the service with: {error}")
