"""What an operator ought to look at, in words: the first thing on the page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from console.operations.gathering import Operations, Standing
from predictions.training.models import TrainingRun

UNCOUNTED = timedelta(minutes=2)
"""Beat has the log counted every few seconds."""
WAITING = timedelta(minutes=10)
WORSE = 1.5
"""Times the error that was measured in training …"""
ENOUGH = 30
"""… of so many outcomes."""


@dataclass(frozen=True, slots=True)
class Notice:
    kind: Literal["bad", "warning"]
    text: str
    part: str
    """Of the page, where more of it stands."""


def notices(found: Operations) -> list[Notice]:
    """What is bad first; none if all is as it should be."""
    every = [
        *_of_answers(found),
        *(notice for standing in found.standings for notice in _of_standing(standing)),
        *_of_accuracy(found),
        *_of_jobs(found),
    ]
    return sorted(every, key=lambda notice: notice.kind)


def _of_answers(found: Operations) -> Iterator[Notice]:
    errors = found.picture.counts.server_errors
    if errors:
        yield Notice("bad", f"{errors:,} requests to predictors were answered with 5xx", "requests")
    of_http = found.requests[0].classes[-1]
    if of_http:
        text = f"{of_http:,} of {found.requests[0].total:,} HTTP requests were answered with 5xx"
        yield Notice("bad", text, "http")
    counted = found.picture.counted_until
    if counted is None or found.now - counted > UNCOUNTED:
        until = f"only until {counted:%Y-%m-%d %H:%M} UTC" if counted else "not yet"
        yield Notice(
            "warning", f"the log is counted {until}: do a worker and beat run?", "requests"
        )


def _of_standing(standing: Standing) -> Iterator[Notice]:
    name, active = standing.predictor, standing.serving.active
    processes = standing.serving.processes
    if active is None:
        yield Notice("bad", f"{name}: no version is active, nothing is answered", "models")
        return
    behind = [one for one in processes if one.model_version_id != active.pk]
    faults = sorted({one.fault for one in processes if one.fault})
    if behind or faults:
        why = f": {'; '.join(faults)}" if faults else ""
        text = f"{name}: {len(behind)} of {len(processes)} web processes do not answer with version"
        yield Notice("bad", f"{text} {active.version}{why}", "models")
    if standing.drift is not None and standing.drift.is_alert:
        version = standing.drift.version.version
        yield Notice("warning", f"{name}: requests have drifted from version {version}", "drift")


def _of_accuracy(found: Operations) -> Iterator[Notice]:
    active = {(one.predictor, one.serving.active) for one in found.standings}
    numbers = {(predictor, version.version) for predictor, version in active if version}
    for one in found.accuracy:
        if (one.predictor, one.version) not in numbers or one.n < ENOUGH:
            continue
        if one.mdape and one.at_training and one.mdape > WORSE * one.at_training:
            errs = f"{one.predictor} {one.version} errs by {one.mdape:.1f} %"
            of = f"median of {one.n:,} {one.data} outcomes"
            text = f"{errs} ({of}), in training by {one.at_training:.1f} %"
            yield Notice("warning", text, "accuracy")


def _of_jobs(found: Operations) -> Iterator[Notice]:
    if found.queues is None:
        yield Notice("bad", "Redis cannot be reached: jobs wait", "storage")
    if found.batches.silent > WAITING:
        yield Notice("warning", "a batch is not finished, and nobody works on it", "jobs")
    if found.training.waiting > WAITING:
        yield Notice("warning", "a training run waits for a worker", "jobs")
    told: set[str] = set()
    for run in found.newest_runs:
        failed = run.state in (TrainingRun.State.FAILED, TrainingRun.State.LOST)
        if failed and run.predictor not in told:
            yield Notice("warning", f"{run.predictor}: training run {run.pk} {run.state}", "jobs")
        told.add(run.predictor)
