"""The price of bitcoin in the next second that trades."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from django.utils.module_loading import import_string

from learning.artifact import Artifact
from learning.evaluation import Evaluation, Subject
from learning.fields import Field
from learning.progress import Progress
from modelregistry.catalog import Trial
from predictions.contract import DataKind, HeldOut, Monitored, Predictor, Report, Rows
from predictors.bitcoin.decoding import TARGET, TARGET_FIELD, WindowDecoder, facts_of
from predictors.bitcoin.frames import data_kind
from predictors.bitcoin.held_out import held_out, training_rows
from predictors.bitcoin.loading import load_data
from predictors.bitcoin.ml.features import KNOWN_FEATURES
from predictors.bitcoin.ml.recipes import CLASSES, RECIPES
from predictors.bitcoin.ml.schema import PRICE_HIGH_FIELD, SECOND_FIELDS, WINDOW_FIELDS
from predictors.bitcoin.monitoring import monitored
from predictors.bitcoin.online.schemas import ONLINE_SCHEMAS
from predictors.bitcoin.schemas import SCHEMAS, request_schema
from predictors.bitcoin.training import data_fingerprint, train
from predictors.bitcoin.trial import trial_rows


class BitcoinPredictor(Predictor):
    name = "bitcoin"
    currency = "USD"
    address = "/api/bitcoin/predict/"
    prediction_key = "bitcoin_prediction"
    file_names = ("seconds",)
    allowed_classes = CLASSES
    known_features = KNOWN_FEATURES
    recipes = tuple(RECIPES)
    schemas = SCHEMAS | ONLINE_SCHEMAS
    actual = next(field for field in SECOND_FIELDS if field.name == "price_close")
    bands = (1e3, 5e3, 1e4, 5e4, 1e5)

    def fields(self, feature_names: Sequence[str] | None = None) -> Sequence[Field]:
        # Whatever a model looks at, a window is sent whole; the handed-over one has one target.
        if feature_names is None or TARGET in feature_names:
            return (*WINDOW_FIELDS, PRICE_HIGH_FIELD, TARGET_FIELD)
        return WINDOW_FIELDS

    def decoder(self, feature_names: Sequence[str], *, minimal: bool) -> WindowDecoder:
        return WindowDecoder(feature_names)

    def facts(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return facts_of(request)

    def request_schema(
        self, name: str, description: str, fields: Sequence[Field]
    ) -> dict[str, Any]:
        return request_schema(name, description, fields, TARGET_FIELD)

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
        return train(recipe=recipe, files=files, held_out=held_out, progress=progress)

    def data_fingerprint(self) -> str:
        return data_fingerprint()

    def held_out(self, *, trained_on: Mapping[str, Any], share: float) -> HeldOut:
        return held_out(trained_on, share)

    def training_rows(self, feature_names: Sequence[str]) -> Rows:
        return training_rows(feature_names)

    def monitored(self, feature_names: Sequence[str], rows: Rows, predictions: Rows) -> Monitored:
        return monitored(feature_names, rows, predictions)

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
        # By name: a process that answers requests does without what only an evaluation needs.
        evaluate = import_string("predictors.bitcoin.evaluating.evaluate")
        found: Evaluation = evaluate(
            subject=subject, rival=rival, only=only, files=files, command=command, report=report
        )
        return found

    def data_kind(self) -> DataKind | None:
        return cast(DataKind | None, data_kind())

    def load_data(self, *, folder: Path | None, report: Report) -> None:
        load_data(folder=folder, report=report)
