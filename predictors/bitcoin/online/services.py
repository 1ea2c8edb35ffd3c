"""Learning online: from the active version and a few more seconds to the version after it.

The sums of the active version are added to, which makes another, immutable version; it is judged
beside the one that it comes from, and answers from then on if it is no worse. Whoever asks
meanwhile is answered by one version or the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from modelregistry import loading, runtime
from modelregistry.errors import GateFailed, NoActiveModel
from modelregistry.models import ModelVersion
from modelregistry.services import activate_version, register_successor
from predictors.bitcoin.frames import moment_in, newest_frame
from predictors.bitcoin.ml.examples import Examples, examples_of
from predictors.bitcoin.ml.online import Judgement, judge, learned
from predictors.bitcoin.ml.ridge import OnlineRidge
from predictors.bitcoin.ml.schema import WINDOW
from predictors.bitcoin.models import LearnedExample
from predictors.bitcoin.online.errors import CannotGoOn, TeachingBusy
from predictors.bitcoin.online.lessons import Lesson
from predictors.bitcoin.online.lines import Line, line_of

PREDICTOR = "bitcoin"
NAME = "ridge-online"
STORED = 1_000
"""Windows of the newest stored seconds that a version is judged on besides what it learned."""
LONGEST_WAIT = "2s"
"""For whoever teaches before."""
NOTHING_NEW = "all of it has been learned before"


@dataclass(frozen=True, slots=True)
class Taught:
    sent: int
    new: int
    parent: ModelVersion
    """What answered until now."""
    version: ModelVersion | None
    """What was made; None if there was nothing new."""
    judgement: Judgement | None
    is_activated: bool
    reason: str


def teach(*, lesson: Lesson, actor: str) -> Taught:
    """Make a version that has also learned what is new in `lesson`; activate it if it is no worse.

    One at a time, in all processes: others wait for their turn. What is not activated has taught
    nothing, and may be sent again. Raises TeachingBusy (nobody's turn came for seconds),
    CannotGoOn, NoActiveModel, ModelUnavailable; ActiveVersionChanged if somebody switched
    meanwhile: then nothing was made.
    """
    try:
        with transaction.atomic():
            _one_at_a_time()
            return _teach(lesson, actor)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise TeachingBusy(f"nobody's turn came for {LONGEST_WAIT}; nothing changed") from error
        raise


def _one_at_a_time() -> None:
    """Until the transaction ends; it waits for no other lock for longer, either."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('bitcoin:teaching'))")


def _teach(lesson: Lesson, actor: str) -> Taught:
    parent, before = _active()
    line = line_of(parent)
    is_new = _is_new(lesson, line)
    sent, new = len(is_new), int(is_new.sum())
    if not new:
        return Taught(sent, 0, parent, None, None, is_activated=False, reason=NOTHING_NEW)
    examples = lesson.examples.chosen(is_new)
    after = learned(before, examples)
    judgement = judge(before, after, examples, _stored_besides(examples))
    version, objections = _registered(
        parent, after, judgement, trained_on=_trained_on(parent, line, lesson, is_new), actor=actor
    )
    # Also of one that is kept back, which somebody may activate: they count for it and those
    # after it, and for no other.
    LearnedExample.objects.bulk_create(
        LearnedExample(root=line.root.version, fingerprint=fingerprint, version=version.version)
        for fingerprint in compress(lesson.fingerprints, is_new)
    )
    if objections:
        reason = "; ".join(objections)
        return Taught(sent, new, parent, version, judgement, is_activated=False, reason=reason)
    seconds = "1 second" if new == 1 else f"{new:,} seconds"
    reason = f"learned {seconds}; no worse than version {parent.version} and EWMA(0.2)"
    version = activate_version(
        predictor=PREDICTOR,
        version=version.version,
        actor=f"{actor[:130]} (online)",
        reason=reason,
        expected_active=parent.version,
    )
    return Taught(sent, new, parent, version, judgement, is_activated=True, reason=reason)


def _active() -> tuple[ModelVersion, OnlineRidge]:
    """Raises NoActiveModel, ModelUnavailable, CannotGoOn."""
    parent = ModelVersion.objects.active(PREDICTOR).first()
    if parent is None:
        raise NoActiveModel(f"no version of {PREDICTOR} is active; an operator has to activate one")
    model = runtime.active_model(PREDICTOR)
    if model.version_id != parent.pk:  # this process has not heard of it yet
        model = loading.load(parent)
    if not isinstance(model.estimator, OnlineRidge):
        raise CannotGoOn(f"{parent} is no ridge of sums that can be added to; activate one that is")
    return parent, model.estimator


def _is_new(lesson: Lesson, line: Line) -> npt.NDArray[np.bool_]:
    """`(n,)`: nobody of this line has learned it, and it was not sent before in the same lesson."""
    fingerprints = lesson.fingerprints
    seen = {
        fingerprint
        for fingerprint, version in LearnedExample.objects.found(line.root.version, fingerprints)
        if version in line
    }
    at_once = line.learned_at_once(lesson.times or ())
    is_new = np.zeros(len(fingerprints), dtype=np.bool_)
    for place, fingerprint in enumerate(fingerprints):
        by_time = lesson.times is not None and lesson.times[place] in at_once
        is_new[place] = not by_time and fingerprint not in seen
        seen.add(fingerprint)
    return is_new


def _stored_besides(learned_now: Examples) -> Examples:
    """The newest stored ones that are not among those learned now."""
    stored = examples_of(newest_frame(STORED + WINDOW))
    there = set(_bytes_of(learned_now))
    return stored.chosen(np.array([one not in there for one in _bytes_of(stored)], dtype=np.bool_))


def _bytes_of(examples: Examples) -> list[bytes]:
    """Of each example: equal for equal windows with the same close after them."""
    values = np.column_stack([examples.rows, examples.next_close])
    content, size = values.tobytes(), values.strides[0]
    return [content[start : start + size] for start in range(0, len(content), size)]


def _trained_on(
    parent: ModelVersion, line: Line, lesson: Lesson, is_new: npt.NDArray[np.bool_]
) -> dict[str, Any]:
    moments = [moment_in(parent.trained_on, "learned_until")]
    moments += compress(lesson.times or (), is_new)
    newest = max(filter(None, moments), default=None)
    return {
        "recipe": parent.trained_on.get("recipe"),
        "online": True,
        "parent": parent.version,
        "root": line.root.version,
        "line": line.as_json(),
        "examples": int(is_new.sum()),
        "learned_until": newest and newest.isoformat(),
        "data": parent.trained_on.get("data"),
        # Of no table at one moment: a training of all seconds has always something to do.
        "data_fingerprint": "",
        "reference_fingerprint": "",
    }


def _registered(
    parent: ModelVersion,
    after: OnlineRidge,
    judgement: Judgement,
    *,
    trained_on: Mapping[str, Any],
    actor: str,
) -> tuple[ModelVersion, Sequence[str]]:
    """The version, inactive, and what speaks against it."""
    try:
        version = register_successor(
            parent=parent,
            name=NAME,
            estimator=after,
            metrics={
                "newest": judgement.after,
                "newest_before": judgement.before,
                "newest_ewma": judgement.ewma,
            },
            trained_on=trained_on,
            created_by=actor[:150],
            notes="; ".join(judgement.objections),
        )
    except GateFailed as error:
        failed = ModelVersion.objects.numbered(PREDICTOR, error.members["version"])
        return failed, [error.detail]
    return version, judgement.objections
