"""From files to tables and to the registry: each file once."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import transaction

from modelregistry.models import ModelVersion
from modelregistry.services import register_version
from predictions.contract import DataError, Report
from predictions.errors import InvalidInput
from predictors.bitcoin.files import SecondsFile, read_seconds
from predictors.bitcoin.frames import seconds_frame
from predictors.bitcoin.ml.checks import FEW_SECONDS, Finding, findings_of, plausible
from predictors.bitcoin.ml.handed_over import (
    UnreadableModel,
    artifact_of,
    handed_over_metrics,
    read_h5,
)
from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from predictors.bitcoin.models import Second, SecondsLoad
from predictors.bitcoin.recording import Recorded, record_seconds
from predictors.bitcoin.sources import find_network, find_seconds

HANDED_OVER = "handed-over"
NOTES = (
    "The Keras network that was handed over, read from model.h5 without TensorFlow. It answers 0.0 "
    "to everything: its last ReLU is dead (the last sum is about -3,000), it never trained. Kept "
    "for the record and for replay; it should not be activated."
)


@dataclass(frozen=True, slots=True)
class LoadSummary:
    file: str
    recorded: Recorded
    findings: tuple[str, ...]
    """What the data check says of rows that are kept nevertheless."""

    def __str__(self) -> str:
        done = self.recorded
        resolved = f", {done.resolved} predictions resolved" if done.resolved else ""
        lines = [f"{self.file}: {done.added} new, {done.known} known{resolved}", *self.findings]
        return "\n".join(lines)


def load_seconds(path: Path) -> LoadSummary:
    """Whole, but for single seconds that contradict themselves; or not at all.

    Raises DataError: unreadable, or damaged as a whole, as a file whose highs were cut off.
    """
    file = read_seconds(path)
    findings = [found for found in findings_of(file.seconds) if found.check != FEW_SECONDS]
    damaged = [_told(found) for found in findings if found.decision == "refused"]
    if damaged:
        raise DataError(f"{file.name}: {'; '.join(damaged)}")
    if file.is_synthetic and Second.objects.filter(is_synthetic=False).exists():
        raise DataError(f"{file.name} is synthetic, and real seconds are there: they never mix")
    try:
        with transaction.atomic():
            recorded = _record(replace(file, seconds=plausible(file.seconds)))
    except InvalidInput as error:
        raise DataError(f"{file.name}: {error.faults[0].detail}") from error
    return LoadSummary(file.name, recorded, tuple(map(_told, findings)))


def _record(file: SecondsFile) -> Recorded:
    values = file.seconds[list(SECOND_COLUMNS)].itertuples(index=False, name=None)
    times = file.seconds["time"].dt.to_pydatetime()
    recorded = record_seconds(
        seconds=dict(zip(times, values, strict=True)),
        recorded_by=file.name,
        is_synthetic=file.is_synthetic,
    )
    SecondsLoad.objects.create(
        file_name=file.name,
        sha256=file.sha256,
        rows=len(file.seconds),
        is_synthetic=file.is_synthetic,
    )
    return recorded


def _told(finding: Finding) -> str:
    return f"{finding.check}: {finding.rows:,} rows {finding.decision}: {finding.why}"


def load_data(*, folder: Path | None, report: Report) -> None:
    """Seconds, and the handed-over model if it is at hand; each file once. Raises DataError.

    Nothing is fetched but the first time: a start must not wait for the internet again and again.
    """
    is_first = not Second.objects.exists()
    if is_first or folder is not None:
        path = find_seconds(folder=folder, report=report)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if not SecondsLoad.objects.filter(sha256=digest).exists():
            report(str(load_seconds(path)))
    if not ModelVersion.objects.of("bitcoin").filter(name=HANDED_OVER).exists():
        network = find_network(folder=folder, report=report if is_first else None)
        if network is not None:
            report(f"{register_handed_over(network)} is there, not active: it answers 0.0")


def register_handed_over(path: Path) -> ModelVersion:
    """Through the gate, measured on the stored seconds. Raises DataError, GateFailed, NotReady."""
    content = path.read_bytes()
    try:
        artifact = artifact_of(content, sha256=hashlib.sha256(content).hexdigest())
    except UnreadableModel as error:
        raise DataError(f"{path.name}: {error}") from error
    return register_version(
        predictor="bitcoin",
        name=artifact.name,
        model_bytes=artifact.model_bytes,
        features_bytes=artifact.features_bytes,
        metrics=handed_over_metrics(read_h5(content), seconds_frame()),
        trained_on=artifact.trained_on,
        created_by="prepare",
        notes=NOTES,
    )
