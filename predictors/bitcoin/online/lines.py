"""Which versions a version descends from: what they have learned online it knows."""

from dataclasses import dataclass
from datetime import datetime

from modelregistry.models import ModelVersion
from predictors.bitcoin.frames import moment_in

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """From the version that was trained in one go, the root, to one that is to be gone on from."""

    root: int
    learned_until: datetime | None
    """What the root was trained on: all seconds up to this one."""
    spans: tuple[Span, ...]
    """Numbers, first and last, without the root. In a span are also versions that were never
    activated, and other recipes'; none of them is said to have learned anything of this line."""

    def __contains__(self, version: int) -> bool:
        return any(first <= version <= last for first, last in self.spans)

    def has_learned_until(self, moment: datetime) -> bool:
        return self.learned_until is not None and moment <= self.learned_until

    def as_json(self) -> list[list[int]]:
        return [list(span) for span in self.spans]


def line_of(version: ModelVersion) -> Line:
    """As long as nobody goes back to an earlier version, a line is one span."""
    told = _told(version)
    if told is None:
        learned_until = moment_in(version.trained_on, "learned_until")
        return Line(version.version, learned_until, ())
    root, spans = told
    number = version.version
    if spans and not _others_went_on(version, spans[-1][1]):
        spans[-1] = (spans[-1][0], number)
    else:
        spans.append((number, number))
    return Line(root.version, moment_in(root.trained_on, "learned_until"), tuple(spans))


def _told(version: ModelVersion) -> tuple[ModelVersion, list[Span]] | None:
    """Its root and line; None if it is a root itself, or came as a file from who knows where."""
    trained_on = version.trained_on
    try:
        spans = [(int(first), int(last)) for first, last in trained_on["line"]]
        number = int(trained_on["root"])
    except (KeyError, TypeError, ValueError):
        return None
    versions = ModelVersion.objects.of(version.predictor).only("version", "trained_on")
    root = versions.filter(version=number).first()
    return None if root is None else (root, spans)


def _others_went_on(version: ModelVersion, since: int) -> bool:
    """Whether versions of another line from the same root answered, numbered in between."""
    between = ModelVersion.objects.of(version.predictor).filter(
        version__gt=since,
        version__lt=version.version,
        trained_on__root=version.trained_on["root"],
    )
    return between.exclude(activations=None).exists()
