"""The evidence for a model version: measured, written to files and kept with the version."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings

from learning.evaluation import Evaluation, Subject
from modelregistry.models import ModelVersion
from modelregistry.services import record_evaluation
from predictions import catalog
from predictions.contract import Report
from predictions.errors import UnknownRecipe


def evaluate_version(
    *,
    predictor_name: str,
    version: int,
    out: Path | None = None,
    only: Sequence[str] = (),
    files: Mapping[str, Path],
    command: str,
    report: Report,
) -> tuple[Evaluation, Path]:
    """Train the version's recipe again on parts of the data, measure on the rest.

    `out`: the folder to write to, by default under `var/reports`. `files` stand in for tables.
    Returns what was found and the folder. Raises DomainError, DataError, UnknownPart.
    """
    predictor = catalog.get(predictor_name)
    catalog.require_files(predictor_name, files)
    chosen = ModelVersion.objects.numbered(predictor_name, version)
    subject = _subject(chosen)
    if not subject.recipe:
        raise UnknownRecipe(
            f"{chosen} was not trained here: nothing says by which recipe, so that it cannot be "
            "trained again without what it is to be tested on"
        )
    active = ModelVersion.objects.active(predictor_name).exclude(pk=chosen.pk).first()
    found = predictor.evaluate(
        subject=subject,
        rival=_subject(active) if active else None,
        only=only,
        files=files,
        command=command,
        report=report,
    )
    folder = out or settings.VAR / "reports" / f"{predictor_name}-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in found.documents.items():
        (folder / name).write_bytes(content)
    if not files:  # of other data than its own a version keeps nothing
        record_evaluation(predictor=predictor_name, version=version, figures=found.figures)
    return found, folder


def _subject(version: ModelVersion) -> Subject:
    return Subject(
        label=str(version),
        recipe=str(version.trained_on.get("recipe") or ""),
        digest=version.digest,
        trained_on=version.trained_on,
    )
