"""What wooden boxes weigh: as little as a predictor may say of itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

from learning.artifact import Artifact, pickled
from learning.fields import Field, check_all
from learning.metrics import regression_metrics
from learning.progress import Progress
from modelregistry.catalog import Trial
from predictions.contract import DataKind, Decoder, HeldOut, Predictor, Question, Rows
from predictions.errors import InvalidInput, UnknownRecipe

FIELDS = (
    Field("length", "number", "Of the longest side, cm.", 1, 500, example=80),
    Field("boards", "integer", "It was made of.", 1, 100, example=12),
)
NAMES = tuple(field.name for field in FIELDS)
BOXES = 1_200


def boxes() -> tuple[Rows, Rows]:
    """Their facts `(BOXES, 2)`, and what they weigh in grams `(BOXES,)`."""
    draw = np.random.default_rng(1)
    facts = np.column_stack([draw.uniform(1, 500, BOXES), draw.integers(1, 101, BOXES)])
    return facts, 20 * facts[:, 0] + 300 * facts[:, 1] + draw.normal(0, 50, BOXES)


def in_order(facts: Rows, names: Sequence[str]) -> Rows:
    return np.ascontiguousarray(facts[:, [NAMES.index(name) for name in names]])


class ToyPredictor(Predictor):
    name = "toy"
    currency = "XTS"  # ISO 4217: the code for tests
    address = "/api/toy/predict/"
    allowed_classes = frozenset({"sklearn.linear_model._base.LinearRegression"})
    known_features = frozenset(NAMES)
    recipes = ("linear",)
    actual = Field("weight", "number", "In grams.", 0, 1e6, example=5_200)

    def fields(self, feature_names: Sequence[str] | None = None) -> Sequence[Field]:
        return FIELDS

    def decoder(self, feature_names: Sequence[str], *, minimal: bool) -> Decoder:
        def decode(payload: Mapping[str, Any]) -> Question:
            values, faults = check_all(payload, FIELDS)
            if faults:
                raise InvalidInput(faults)
            return Question(row=np.array([[float(values[name]) for name in feature_names]]))

        return decode

    def trial(self, feature_names: Sequence[str]) -> Trial:
        facts, weights = boxes()
        return Trial(in_order(facts, feature_names), weights)

    def train(
        self,
        *,
        recipe: str,
        files: Mapping[str, Path],
        held_out: HeldOut | None = None,
        progress: Progress,
    ) -> Artifact:
        if recipe not in self.recipes:
            raise UnknownRecipe(f"no recipe {recipe!r}; there is: linear")
        progress("weighing boxes", 0.0)
        facts, weights = boxes()
        frame = pd.DataFrame(facts, columns=NAMES)
        model = LinearRegression().fit(frame, weights)
        return Artifact(
            name=recipe,
            model_bytes=pickled(model),
            feature_names=NAMES,
            metrics={"test": regression_metrics(weights, model.predict(frame))},
            trained_on={
                "recipe": recipe,
                "data": "synthetic",
                "data_fingerprint": self.data_fingerprint(),
                "reference_fingerprint": self.reference_fingerprint(),
            },
        )

    def data_fingerprint(self) -> str:
        return "the boxes are always the same"

    def training_rows(self, feature_names: Sequence[str]) -> Rows:
        return in_order(boxes()[0], feature_names)

    def data_kind(self) -> DataKind:
        return "synthetic"
