"""What the registry holds and what answers now: read by the API and the admin, never changed."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

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
class Switches:
    newest: list[Activation]
    is_cut: bool
    """There are more, older ones."""


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


@dataclass(frozen=True, slots=True)
class Answering:
    """Which version of a predictor is to answer, and with what the web processes do."""

    predictor: str
    active: int | None
    with_active: int = 0
    with_another: int = 0
    with_none: int = 0
    with_fault: int = 0
    """Those, of whichever, that say why it is not the active one."""


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


def newest_versions(predictor: str, *, limit: int) -> list[ModelVersion]:
    """Newest first; at the end the active one, if it is older. Raises UnknownPredictor."""
    found = ModelVersion.objects.newest_first(kind_of(predictor).predictor)
    newest = list(found[:limit])
    if not any(one.is_active for one in newest):
        newest += found.filter(is_active=True)
    return newest


def previous(predictor: str) -> ModelVersion | None:
    """What a rollback would return to now. Raises UnknownPredictor."""
    return Activation.objects.previous(kind_of(predictor).predictor)


def version(predictor: str, number: int) -> ModelVersion:
    """Raises UnknownPredictor, UnknownVersion."""
    return ModelVersion.objects.numbered(kind_of(predictor).predictor, number)


def history(predictor: str) -> list[Activation]:
    """The last switches, newest first."""
    return list(Activation.objects.of(predictor).newest(HISTORY_ROWS))


def switches_since(predictor: str, moment: datetime) -> Switches:
    """The last switches since a moment, newest first."""
    rows = Activation.objects.of(predictor).newest(HISTORY_ROWS + 1)
    since = [row for row in rows if row.at >= moment]
    return Switches(since[:HISTORY_ROWS], is_cut=len(since) > HISTORY_ROWS)


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


def answering() -> list[Answering]:
    """Of each predictor, in a query each and one more: asked every few seconds."""
    processes = ServingProcess.objects.seen_within(GONE_AFTER).order_by()
    counted = processes.values_list("predictor").annotate(
        with_active=Count("pk", filter=Q(model_version__is_active=True)),
        with_another=Count("pk", filter=Q(model_version__is_active=False)),
        with_none=Count("pk", filter=Q(model_version=None)),
        with_fault=Count("pk", filter=~Q(fault="")),
    )
    found = {predictor: counts for predictor, *counts in counted}
    return [
        Answering(
            kind.predictor,
            ModelVersion.objects.active(kind.predictor).values_list("version", flat=True).first(),
            *found.get(kind.predictor, ()),
        )
        for kind in sorted(all_kinds(), key=lambda kind: kind.predictor)
    ]
