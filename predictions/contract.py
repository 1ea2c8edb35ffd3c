"""What a predictor is: the contract each folder in `predictors/` fulfils."""

import datetime
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from learning.artifact import Artifact
from learning.evaluation import Evaluation, Subject
from learning.fields import Field, object_schema
from learning.progress import Progress
from modelregistry.catalog import Trial
from modelregistry.loading import LoadedModel
from predictions.references import Reference

DataKind = Literal["real", "synthetic"]
Report = Callable[[str], None]
"""Takes a line of progress."""


Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Question:
    """A request that was understood."""

    row: Rows
    """`(1, n_features)`: the model's inputs, in its order."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """Members of the answer that say what it rests on."""
    is_synthetic: bool = False
    """Whether made-up reference data went into it."""
    subject: bytes | None = None
    """16 bytes, equal for questions about the same thing: by it the log finds them again."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """The newest of what a version has not learned from, kept back from its rival too."""

    rule: Mapping[str, Any]
    """Which it is, as JSON: kept with the version that was trained without it."""
    rows: Callable[[Sequence[str]], Rows]
    """`(n_rows, n_features)`: inputs of a model with these features."""
    actual: Rows
    """`(n_rows,)`: what really was, in the unit of the prediction."""


@dataclass(frozen=True, slots=True, eq=False)
class Monitored:
    """Inputs and predictions whose distribution ought to stay as it was in training."""

    feature_names: tuple[str, ...]
    rows: Rows
    """`(n_rows, n_features)`"""
    predictions: Rows
    """`(m,)`, of the first `m` of these rows."""


@dataclass(frozen=True, slots=True)
class KnownOutcome:
    """What became of something that was asked about: it can be learned from."""

    request: Mapping[str, Any]
    """As it was asked and answered; empty if that is no longer known."""
    actual: float
    """In the unit of the prediction."""
    date: datetime.date
    parcel: str = ""
    """Its number in a register, if whoever reported it knew."""
    is_synthetic: bool = False
    """Whether the answer said so."""
    was: tuple[str, datetime.date] | None = None
    """Of a correction: `Kept.name` and the date that it corrects."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an outcome among the training data."""

    result: Literal["added", "corrected", "known", "left out"]
    name: str = ""
    """What it is called there; empty if it was left out."""
    reason: str = ""
    """Why it was left out."""


Decoder = Callable[[Mapping[str, Any]], Question]
"""Validates an object and joins reference data. Raises InvalidInput with every fault, NotReady."""


class Predictor(Protocol):
    """One kind of prediction. Implementations hold no state between requests.

    An implementation names this class as its base: what has a default here, it need not say.
    """

    name: str
    """In URLs, commands and tables: `homes`."""
    currency: str
    address: str
    """Where it is asked: `/api/predict/`."""
    prediction_key: str = "prediction"
    """What an answer calls the number."""
    file_names: Sequence[str] = ()
    """What `files` of `train` and `evaluate` may name."""

    @property
    def allowed_classes(self) -> Set[str]:
        """Dotted names of the classes that its models may consist of."""
        ...

    @property
    def known_features(self) -> Set[str]:
        """What a model may take as input."""
        ...

    @property
    def recipes(self) -> Sequence[str]:
        """What `train` accepts; the first is the default."""
        ...

    def fields(self, feature_names: Sequence[str] | None = None) -> Sequence[Field]:
        """What a client sends: everything, or only what a model with these inputs needs."""
        ...

    def decoder(self, feature_names: Sequence[str], *, minimal: bool) -> Decoder:
        """For a model with these inputs; made once per model version.

        It gives every input a number, for optional fields that are not sent too.
        `minimal`: the client sends what `fields(feature_names)` says, else what `fields()` says.
        """
        ...

    def facts(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Of a request in whatever form: a value for each of `fields()` that was sent."""
        return request

    def request_schema(
        self, name: str, description: str, fields: Sequence[Field]
    ) -> dict[str, Any]:
        """JSON Schema of a request of these fields."""
        return object_schema(name, description, fields)

    @property
    def schemas(self) -> Mapping[str, Any]:
        """Named JSON Schemas that its views refer to."""
        return {}

    @property
    def inclusions(self) -> Mapping[str, Mapping[str, Any]]:
        """What an answer may have besides, if a client asks for it: JSON Schema by name."""
        return {}

    def include(
        self, model: LoadedModel, question: Question, names: Sequence[str]
    ) -> Mapping[str, Any]:
        """Some of `inclusions`, ready for JSON; None for what this model cannot give."""
        return dict.fromkeys(names)

    @property
    def references(self) -> Sequence[Reference[Any]]:
        """Data from the database that every request needs."""
        return ()

    def trial(self, feature_names: Sequence[str]) -> Trial:
        """Rows to try a new model on. Raises NotReady when there is no data to take them from."""
        ...

    def train(
        self,
        *,
        recipe: str,
        files: Mapping[str, Path],
        held_out: HeldOut | None = None,
        progress: Progress,
    ) -> Artifact:
        """Train from the database, `files` by name standing in for tables, without `held_out`.

        Its `trained_on` says `recipe`, `data_fingerprint`, `reference_fingerprint` and what
        `held_out` reads. Raises UnknownRecipe, DataError, NotReady when there is no data, and
        whatever `progress` raises.
        """
        ...

    def data_fingerprint(self) -> str:
        """Of what `train` would learn from now: equal as long as nothing has changed."""
        ...

    def reference_fingerprint(self) -> str:
        """Of the data that every request is joined with now."""
        return ""

    def held_out(self, *, trained_on: Mapping[str, Any], share: float) -> HeldOut:
        """The newest `share` of what a version with this `trained_on` has not learned from.

        Nothing (no rows) if there is nothing new, or if nobody knows what it learned from.
        """
        return HeldOut({}, lambda names: np.empty((0, len(names))), np.empty(0))

    def training_rows(self, feature_names: Sequence[str]) -> Rows:
        """`(n_rows, n_features)`: what a model with these inputs would learn from now."""
        ...

    def monitored(self, feature_names: Sequence[str], rows: Rows, predictions: Rows) -> Monitored:
        """In what drift is looked for, of `(n_rows, n_features)` and some predictions `(m,)`."""
        return Monitored(tuple(feature_names), rows, predictions)

    def intervals(self, model: LoadedModel, rows: Rows) -> tuple[Rows, Rows] | None:
        """Lower and upper bounds, each `(n_rows,)`; None if this model has none."""
        return None

    def groups(self, request: Mapping[str, Any]) -> Mapping[str, str]:
        """By what accuracy and differences are broken down, of a request that was answered."""
        return {}

    @property
    def group_names(self) -> Sequence[str]:
        """What `groups` may give."""
        return ()

    @property
    def actual(self) -> Field:
        """What an outcome may be, in the unit of the prediction."""
        ...

    @property
    def bands(self) -> Sequence[float]:
        """Between what values outcomes are grouped, rising."""
        return ()

    @property
    def identity(self) -> Sequence[str]:
        """Numbers among `fields()`: requests that are equal in them asked about the same thing.

        None: an outcome has to name its prediction.
        """
        return ()

    def keep_outcomes(self, outcomes: Sequence[KnownOutcome]) -> Sequence[Kept]:
        """Make training data of them, each thing on its day once; one result for each.

        In the transaction around it, which holds up other writers of the training data.
        """
        reason = f"{self.name} does not learn from outcomes that are reported one by one"
        return [Kept("left out", reason=reason) for _ in outcomes]

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
        """Train the recipe of `subject` on parts of the data and measure on the rest.

        `rival`: the active version, if it is another. `only`: parts, all without. `files` stand in
        for tables. Raises UnknownRecipe, UnknownPart, DataError, NotReady when there is no data.
        """
        raise DataError(f"{self.name} has no evaluation")

    def missing_data(self) -> list[str]:
        """What answering needs and the database lacks, in words; empty when ready."""
        return []

    def data_kind(self) -> DataKind | None:
        """What the loaded data is; None before any was loaded."""
        ...

    def load_data(self, *, folder: Path | None, report: Report) -> None:
        """Bring the files into the database: from `folder`, or from where there are some.

        Does nothing when no folder is named and data is there, nor by default, for want of files.
        Raises DataError.
        """
        return


class DataError(Exception):
    """Files that cannot be loaded; the message names the file, the line and the column."""
