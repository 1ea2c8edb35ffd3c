"""What the registry holds and what answers now: read by the API and the admin, never changed."""

from dataclasses import dataclass

from modelregistry.catalog import all_kinds, kind_of
from modelregistry.models import Activation, ModelVersion, ServingProcess
from modelregistry.runtime import GONE_AFTER

HISTORY_ROWS = 50
PAGE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Standing:
    predictor: str
    versions: int
    active: ModelVersion | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some versions of a predictor, newest first."""

    versions: list[ModelVersion]
    active: int | None
    """The number of the one that answers, on this page or not."""
    older: int | None
    """The next page are those before this number; None: there are none."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What the database wants to answer, and what does in every web process."""

    active: ModelVersion | None
    processes: list[ServingProcess]

    @property
    def converged(self) -> bool:
        """Whether there are processes, and all answer with the active version."""
        wanted = self.active.pk if self.active else None
        return bool(self.processes) and all(
            process.model_version_id == wanted for process in self.processes
        )


def predictors() -> list[Standing]:
    return [
        Standing(
            predictor=kind.predictor,
            versions=ModelVersion.objects.last_number(kind.predictor),
            active=ModelVersion.objects.active(kind.predictor).first(),
        )
        for kind in sorted(all_kinds(), key=lambda kind: kind.predictor)
    ]


def versions(predictor: str, *, before: int | None = None) -> Page:
    """Newest first, those with numbers below `before`. Raises UnknownPredictor."""
    found = ModelVersion.objects.newest_first(kind_of(predictor).predictor)
    if before is not None:
        found = found.filter(version__lt=before)
    page = list(found[:PAGE_ROWS])
    numbers = ModelVersion.objects.active(predictor).values_list("version", flat=True)
    return Page(
        versions=page,
        active=numbers.first(),
        # Numbers have no gaps: what is above 1 has older ones.
        older=page[-1].version if page and page[-1].version > 1 else None,
    )


def version(predictor: str, number: int) -> ModelVersion:
    """Raises UnknownPredictor, UnknownVersion."""
    return ModelVersion.objects.numbered(kind_of(predictor).predictor, number)


def history(predictor: str) -> list[Activation]:
    """The last switches, newest first."""
    return list(Activation.objects.of(predictor).newest(HISTORY_ROWS))


def history_of(chosen: ModelVersion) -> list[Activation]:
    """The last switches to and from this version, newest first."""
    return list(Activation.objects.touching(chosen).newest(HISTORY_ROWS))


def activation_of(active: ModelVersion) -> Activation | None:
    """The switch by which this version answers; None if that was before there was a history."""
    return Activation.objects.filter(to_version=active).newest(1).first()


def serving(predictor: str) -> Serving:
    """Raises UnknownPredictor."""
    processes = ServingProcess.objects.of(kind_of(predictor).predictor).seen_within(GONE_AFTER)
    return Serving(
        active=ModelVersion.objects.active(predictor).first(),
        processes=list(processes.with_numbers()),
    )


def faults() -> list[ServingProcess]:
    """The processes that do not answer with the active version, for a reason they know."""
    return list(ServingProcess.objects.seen_within(GONE_AFTER).with_fault())
