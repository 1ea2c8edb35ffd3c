"""Which versions a version descends from: what they have learned online it knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from modelregistry.models import ModelVersion
from predictors.bitcoin.frames import moment_in
from predictors.bitcoin.models import Second

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """From the version that was trained in one go, the root, to one that is to be gone on from."""

    root: ModelVersion
    spans: tuple[Span, ...]
    """Numbers, first and last, without the root. In a span are also versions by other recipes or
    of other roots; none of them is said to have learned anything of this line."""

    def __contains__(self, version: int) -> bool:
        return any(first <= version <= last for first, last in self.spans)

    def learned_at_once(self, moments: Sequence[datetime]) -> set[datetime]:
        """Of these seconds those that the root was trained on.

        They lie between its first and its last, and were stored before it was made: what came late
        was not among them. Of a file that was not stored, all that lie between.
        """
        trained_on = self.root.trained_on
        first = moment_in(trained_on, "first_second")
        last = moment_in(trained_on, "learned_until")
        if first is None or last is None:
            return set()
        between = {moment for moment in moments if first <= moment <= last}
        if not between or not trained_on.get("data_fingerprint"):
            return between
        stored = Second.objects.filter(time__in=between, recorded_at__lte=self.root.created_at)
        return set(stored.values_list("time", flat=True))

    def as_json(self) -> list[list[int]]:
        return [list(span) for span in self.spans]


def line_of(version: ModelVersion) -> Line:
    """As long as nobody goes back to an earlier version, a line is one span."""
    told = _told(version)
    if told is None:
        return Line(version, ())
    root, spans = told
    number = version.version
    if spans and not _others_went_on(version, spans[-1][1]):
        spans[-1] = (spans[-1][0], number)
    else:
        spans.append((number, number))
    return Line(root, tuple(spans))


def _told(version: ModelVersion) -> tuple[ModelVersion, list[Span]] | None:
    """Its root and line; None if it is a root itself, or came as a file from who knows where."""
    trained_on = version.trained_on
    try:
        spans = [(int(first), int(last)) for first, last in trained_on["line"]]
        number = int(trained_on["root"])
    except (KeyError, TypeError, ValueError):
        return None
    versions = ModelVersion.objects.of(version.predictor).only(
        "version", "trained_on", "created_at"
    )
    root = versions.filter(version=number).first()
    return None if root is None else (root, spans)


def _others_went_on(version: ModelVersion, since: int) -> bool:
    """Whether versions of another line from the same root are numbered in between.

    Also one that was kept back: somebody may activate it, and go on from there.
    """
    between = ModelVersion.objects.of(version.predictor).filter(
        version__gt=since,
        version__lt=version.version,
        trained_on__root=version.trained_on["root"],
    )
    return between.exists()
