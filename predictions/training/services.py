"""Asking for a training run, cancelling it, and looking after those whose worker is gone."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from modelregistry.models import ModelVersion
from predictions import catalog, request_ids
from predictions.errors import UnknownRecipe
from predictions.queueing import send
from predictions.training.errors import TrainingAlreadyRuns, TrainingFinished
from predictions.training.locks import nobody_trains
from predictions.training.models import ATTEMPTS, TrainingRun

logger = logging.getLogger(__name__)

RUN = "predictions.training.run"
DECIDE = "predictions.training.decide"
SENT_AGAIN_AFTER = timedelta(seconds=10)
SHOWN = 50

State, Trigger = TrainingRun.State, TrainingRun.Trigger


@dataclass(frozen=True, slots=True)
class Workload:
    runs: dict[tuple[str, str], int]
    """How many runs of each predictor are in each state."""
    waiting: timedelta
    """Since the oldest that no worker has begun was asked for."""


def request_run(
    *, predictor: str, trigger: str, requested_by: str, recipe: str = "", forced: bool = False
) -> TrainingRun:
    """Queue a run; a worker begins it.

    `recipe`: by default that of the active version, else the predictor's first. `forced`: even if
    nothing has changed since the active version. Raises UnknownPredictor, UnknownRecipe,
    TrainingAlreadyRuns, which names the run.
    """
    recipe = checked_recipe(predictor, recipe or _recipe_of_active(predictor))
    look_after_running(predictor)
    with transaction.atomic():
        run = open_run(
            predictor=predictor,
            recipe=recipe,
            trigger=trigger,
            requested_by=requested_by[:150],
            forced=forced,
            request_id=request_ids.current(),
        )
        send(RUN, run.pk)
    return run


def open_run(**values: object) -> TrainingRun:
    """Raises TrainingAlreadyRuns if the predictor has an open run."""
    try:
        with transaction.atomic():
            return TrainingRun.objects.numbered(TrainingRun.objects.create(**values).pk)
    except IntegrityError:
        raise already_runs(str(values["predictor"])) from None


def already_runs(predictor: str) -> TrainingAlreadyRuns:
    run = TrainingRun.objects.of(predictor).open().first()
    if run is None:  # it has ended by now
        return TrainingAlreadyRuns(f"{predictor} was being trained just now; try again")
    return TrainingAlreadyRuns(
        f"run {run.pk} of {predictor} is {run.state}", run=run.pk, url=address_of(run)
    )


def address_of(run: TrainingRun) -> str:
    return reverse("training-run", args=[run.pk])


def checked_recipe(predictor: str, recipe: str) -> str:
    """The predictor's first if none is named. Raises UnknownPredictor, UnknownRecipe."""
    known = catalog.get(predictor).recipes
    if recipe and recipe not in known:
        raise UnknownRecipe(f"no recipe {recipe!r}; there are: {', '.join(known)}")
    return recipe or known[0]


def _recipe_of_active(predictor: str) -> str:
    active = ModelVersion.objects.active(predictor).first()
    recipe = str(active.trained_on.get("recipe") or "") if active else ""
    return recipe if recipe in catalog.get(predictor).recipes else ""


def cancel_run(*, run: int, actor: str) -> TrainingRun:
    """At once if it waits; within a second if it runs. Once more changes nothing.

    Raises UnknownTrainingRun, TrainingFinished if it has ended in another way.
    """
    with transaction.atomic():
        found = TrainingRun.objects.select_for_update(of=("self",)).numbered(run)
        if found.state == State.QUEUED:
            found.end(State.CANCELLED, f"cancelled by {actor}", cancel_requested=True)
        elif found.state == State.RUNNING and not found.cancel_requested:
            found.ask_to_end()
            found.say(f"{actor} asks to cancel it")
        elif found.state not in (State.RUNNING, State.CANCELLED):
            raise TrainingFinished(f"run {run} has ended: {found.state}", state=found.state)
    return TrainingRun.objects.numbered(run)


def runs(*, predictor: str = "") -> list[TrainingRun]:
    """The newest, of one predictor or of all. Raises UnknownPredictor."""
    if predictor:
        catalog.get(predictor)
    return list(TrainingRun.objects.of(predictor).newest(SHOWN))


def workload() -> Workload:
    """Of all runs there ever were."""
    counts = TrainingRun.objects.all().counts()
    first = TrainingRun.objects.all().queued().first_asked_for()
    waiting = timezone.now() - first if first else timedelta()
    return Workload(
        {
            (one.name, state): counts.get((one.name, state), 0)
            for one in catalog.all_predictors()
            for state in State.values
        },
        max(waiting, timedelta()),
    )


def run_numbered(*, run: int) -> TrainingRun:
    """Raises UnknownTrainingRun."""
    return TrainingRun.objects.numbered(run)


def look_after() -> None:
    """Find runs whose process is gone, and tell the workers again of what they have not begun."""
    look_after_running("")
    for run in TrainingRun.objects.waiting(SENT_AGAIN_AFTER):
        send(RUN, run)
    for undecided in TrainingRun.objects.undecided():
        send(DECIDE, undecided.pk)


def look_after_running(predictor: str) -> None:
    """A run that is running while nobody holds its lock is lost."""
    for run in TrainingRun.objects.of(predictor).running():
        with transaction.atomic():
            if nobody_trains(run.predictor):
                lose(run)


def lose(run: TrainingRun, why: str = "the process that trained it is gone") -> None:
    """Give it up; if it was scheduled, try again. Nothing if it has ended by itself."""
    with transaction.atomic():
        now = TrainingRun.objects.select_for_update(of=("self",)).numbered(run.pk)
        if now.state != State.RUNNING:
            return
        if now.cancel_requested:
            now.end(State.CANCELLED, "cancelled")
            return
        now.end(State.LOST, f"lost: {why} ({now.host}, process {now.pid})")
        logger.warning("training run %s of %s is lost: %s", now.pk, now.predictor, why)
        if now.trigger == Trigger.SCHEDULE and now.attempt < ATTEMPTS:
            again = open_run(
                predictor=now.predictor,
                recipe=now.recipe,
                trigger=now.trigger,
                requested_by=now.requested_by,
                forced=now.forced,
                request_id=now.request_id,
                attempt=now.attempt + 1,
                retry_of=now,
            )
            now.say(f"tried again as run {again.pk}")
            send(RUN, again.pk)


def request_scheduled_run(*, predictor: str, recipe: str = "", forced: bool = False) -> int | None:
    """The number of the queued run; None, with a line in the log, while one is open.

    Raises UnknownPredictor, UnknownRecipe.
    """
    try:
        run = request_run(
            predictor=predictor,
            trigger=Trigger.SCHEDULE,
            requested_by="schedule",
            recipe=recipe,
            forced=forced,
        )
    except TrainingAlreadyRuns as error:
        logger.warning("nothing is trained by schedule: %s", error)
        return None
    return int(run.pk)
