"""What a predictor is: the contract each folder in `predictors/` fulfils."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from learning.artifact import Artifact
from learning.fields import Field

DataKind = Literal["real", "synthetic"]
Report = Callable[[str], None]
"""Takes a line of progress."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request that was understood: every value a model may ask for, by name."""

    features: Mapping[str, float]
    context: Mapping[str, Any] = field(default_factory=dict)
    """Members of the answer that say what it rests on."""
    is_synthetic: bool = False
    """Whether made-up reference data went into it."""


class Predictor(Protocol):
    """One kind of prediction. Implementations hold no state between requests."""

    name: str
    """In URLs, commands and tables: `homes`."""
    currency: str

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

    def decode(self, payload: Mapping[str, Any], fields: Sequence[Field]) -> Question:
        """Validate and join reference data. Raises InvalidInput with every fault, NotReady."""
        ...

    def train(self, *, recipe: str) -> Artifact:
        """Train from the database. Raises UnknownRecipe, NotReady when there is no data."""
        ...

    def missing_data(self) -> list[str]:
        """What answering needs and the database lacks, in words; empty when ready."""
        ...

    def data_kind(self) -> DataKind | None:
        """What the loaded data is; None before any was loaded."""
        ...

    def load_data(self, *, folder: Path | None, report: Report) -> None:
        """Bring the files into the database: from `folder`, or from where there are some.

        Does nothing when no folder is named and data is there. Raises DataError.
        """
        ...


class DataError(Exception):
    """Files that cannot be loaded; the message names the file, the line and the column."""
