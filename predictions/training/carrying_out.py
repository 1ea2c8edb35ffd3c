"""What a run does: train, try at the gate, register, and let the policy decide."""

import logging
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction

from learning.artifact import Artifact
from learning.progress import within
from modelregistry.errors import DomainError, GateFailed
from modelregistry.models import ModelVersion
from modelregistry.services import activate_version, register_version
from predictions import catalog, request_ids
from predictions.contract import DataError, HeldOut
from predictions.drift.services import keep_profile
from predictions.promotion.services import decide, held_out_for
from predictions.training.errors import NoLongerWanted
from predictions.training.locks import nobody_trains
from predictions.training.models import TrainingRun

logger = logging.getLogger(__name__)

LEAST_SECONDS = 0.5
"""Between two notes of the same stage."""

State = TrainingRun.State

told_to_end = threading.Event()
"""By whoever has started this process, and says itself how the run ended: what we meet then (and
libraries make of it) is nothing but that."""


def carry_out(run: TrainingRun) -> None:
    """A run that a worker has claimed: it ends with it, whatever happens.

    Nothing is trained if nothing has changed, unless it is forced; the policy of promotion decides
    on what comes out.
    """
    predictor = catalog.get(run.predictor)
    tell = _Teller(run)
    with _ending(run):
        tell("looking at the data", 0.0)
        active = ModelVersion.objects.active(run.predictor).first()
        run.note(data_fingerprint=predictor.data_fingerprint())
        if active is not None and not run.forced and _is_made_of_the_same(active, run):
            run.end(State.UNCHANGED, f"nothing has changed since {active} was trained", percent=100)
            return
        held_out = held_out_for(predictor=run.predictor)
        if held_out is not None:
            run.note(parameters={**run.parameters, "held_out": dict(held_out.rule)})
            run.say(f"{len(held_out.actual):,} of the newest are held out, to be proven on")
        try:
            version = _train(run, tell, held_out=held_out)
        except GateFailed as error:
            failed = ModelVersion.objects.numbered(run.predictor, error.members["version"])
            _decide(run, failed, held_out)
            raise
    _decide(run, version, held_out)
    _keep_profile(run, version)


def decide_late(run_id: int) -> None:
    """What a run owes whose process was killed between registering and deciding.

    Nothing if it owes nothing, or if somebody is at it.
    """
    with transaction.atomic():
        run = TrainingRun.objects.undecided().filter(pk=run_id).first()
        if run is None or run.version is None or not nobody_trains(run.predictor):
            return
        request_ids.go_on_for(run.request_id)
        run.say("its process was gone before anything was decided")
        # If what could be held out is another by now, the decision says so.
        _decide(run, run.version, held_out_for(predictor=run.predictor))


def carry_out_here(run: TrainingRun, *, files: Mapping[str, Path], activate: bool) -> ModelVersion:
    """In the hands of whoever asks: always trained, activated if they say so. Raises what fails."""
    with _ending(run):
        if not files:
            run.note(data_fingerprint=catalog.get(run.predictor).data_fingerprint())
        version = _train(run, _Teller(run), files=files, activate=activate)
    _keep_profile(run, version)
    return version


def _is_made_of_the_same(active: ModelVersion, run: TrainingRun) -> bool:
    known = active.trained_on
    return (known.get("recipe"), known.get("data_fingerprint")) == (
        run.recipe,
        run.data_fingerprint,
    )


@contextmanager
def _ending(run: TrainingRun) -> Iterator[None]:
    """What fails in it ends the run, and is raised on."""
    try:
        yield
    except BaseException as error:
        if not told_to_end.is_set():
            state, summary = _end_by(error)
            run.end(state, summary, traceback=_traceback() if state == State.FAILED else "")
        raise


def _end_by(error: BaseException) -> tuple[State, str]:
    if isinstance(error, NoLongerWanted):
        return State.CANCELLED, "cancelled"
    if isinstance(error, KeyboardInterrupt):
        return State.CANCELLED, "interrupted"
    if isinstance(error, DomainError | DataError):
        return State.FAILED, str(error)
    return State.FAILED, f"{type(error).__name__}: {error}"


def _traceback() -> str:
    return traceback.format_exc().replace("\x00", "\ufffd")


def _train(
    run: TrainingRun,
    tell: "_Teller",
    *,
    files: Mapping[str, Path] | None = None,
    held_out: HeldOut | None = None,
    activate: bool = False,
) -> ModelVersion:
    artifact = catalog.get(run.predictor).train(
        recipe=run.recipe, files=files or {}, held_out=held_out, progress=within(tell, 0.02, 0.85)
    )
    run.say(*_found(artifact))
    tell("trying it at the gate", 0.85)
    return _register(run, artifact, activate)


class _Teller:
    """Progress into the row; raises NoLongerWanted."""

    def __init__(self, run: TrainingRun) -> None:
        self._run = run
        self._stage, self._percent, self._told = "", 0, 0.0

    def __call__(self, stage: str, share: float) -> None:
        is_new = stage != self._stage
        if not is_new and time.monotonic() - self._told < LEAST_SECONDS:
            return
        self._percent = max(self._percent, min(99, int(share * 100)))
        if not self._run.begin_stage(stage, self._percent):
            raise NoLongerWanted
        if is_new:
            self._run.say(stage)
        self._stage, self._told = stage, time.monotonic()


def _found(artifact: Artifact) -> list[str]:
    """What the data checks and the measurements say, a line each."""
    lines = [
        f"data: {found['check']}: {found['rows']} rows {found['decision']}: {found['why']}"
        for found in artifact.trained_on.get("data_checks", ())
    ]
    for part, metrics in artifact.metrics.items():
        lines.append(
            f"{part}: {', '.join(f'{name} {value:,.4f}' for name, value in metrics.items())}"
        )
    return lines


def _register(run: TrainingRun, artifact: Artifact, activate: bool) -> ModelVersion:
    """The version and the end of the run, both or neither. Raises GateFailed, NoLongerWanted.

    A version that does not pass is kept, as the run's too.
    """
    refusal: GateFailed | None = None
    with transaction.atomic():
        try:
            version = register_version(
                predictor=run.predictor,
                name=artifact.name,
                model_bytes=artifact.model_bytes,
                features_bytes=artifact.features_bytes,
                metrics=artifact.metrics,
                trained_on=artifact.trained_on,
                created_by=run.requested_by or run.trigger,
            )
        except GateFailed as error:
            refusal = error
            version = ModelVersion.objects.numbered(run.predictor, error.members["version"])
        now = TrainingRun.objects.select_for_update(of=("self",)).numbered(run.pk)
        if now.state != State.RUNNING or now.cancel_requested:
            raise NoLongerWanted
        if refusal is not None:
            run.end(State.FAILED, refusal.detail, version=version)
        else:
            if activate:
                version = activate_version(
                    predictor=run.predictor,
                    version=version.version,
                    actor=run.requested_by or "train",
                    reason="trained and activated",
                )
            run.end(State.SUCCEEDED, f"registered {version}", version=version, percent=100)
    if refusal is not None:
        raise refusal
    return version


def _keep_profile(run: TrainingRun, version: ModelVersion) -> None:
    """Without it drift cannot be seen; that is no reason to do without the version."""
    try:
        keep_profile(version=version)
    except Exception as error:
        logger.exception("%s has no profile of its training data", version)
        run.say(f"its training data has no profile, so drift cannot be seen: {error}")


def _decide(run: TrainingRun, version: ModelVersion, held_out: HeldOut | None) -> None:
    try:
        decision = decide(candidate=version, held_out=held_out, actor=f"training run {run.pk}")
    except Exception as error:
        logger.exception("nothing is decided on %s", version)
        run.say(f"nothing is decided on {version}: {error}")
    else:
        run.say(decision.summary)
