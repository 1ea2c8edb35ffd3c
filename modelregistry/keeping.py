"""The row of a version that was tried: the predictor's next number, whatever came of the trial.

And its files, from when they are stored until nobody needs them.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from learning.artifact import library_versions
from modelregistry import artifacts
from modelregistry.errors import GateFailed
from modelregistry.gate import GateReport
from modelregistry.models import ModelVersion

logger = logging.getLogger(__name__)

GATE_REASON_LENGTH = 2_000
# Files without a row are kept so long: who restored an older database may restore a newer one.
UNKNOWN = timedelta(days=7)


def keep(
    report: GateReport,
    *,
    predictor: str,
    model_bytes: bytes,
    features_bytes: bytes,
    metrics: Mapping[str, Any],
    **said: Any,
) -> ModelVersion:
    """Store the files and make the row, inactive. `said` are its other columns.

    Raises GateFailed, which names the version, after keeping what the report says has failed.
    """
    reason = _storable(report.reason)
    with transaction.atomic():
        lock_predictor(predictor)
        # Under the lock: whoever removes the same files meanwhile does not know of this row.
        model_file, features_file = artifacts.store(
            predictor=predictor, model_bytes=model_bytes, features_bytes=features_bytes
        )
        version = ModelVersion.objects.create(
            predictor=predictor,
            version=ModelVersion.objects.last_number(predictor) + 1,
            model_file=model_file,
            features_file=features_file,
            model_sha256=artifacts.sha256(model_bytes),
            features_sha256=artifacts.sha256(features_bytes),
            feature_names=list(report.feature_names),
            metrics=dict(report.metrics or metrics),
            library_versions=library_versions(),
            code_version=f"{settings.API_VERSION} ({settings.REVISION})",
            gate=ModelVersion.Gate.FAILED if reason else ModelVersion.Gate.PASSED,
            gate_reason=reason,
            golden=dict(report.golden),
            engine=report.engine,
            engine_proof=dict(report.proof),
            **said,
        )
    if reason:
        raise GateFailed(
            f"{reason} (kept as {predictor} {version.version}, it cannot be activated)",
            version=version.version,
        )
    return version


def delete_unneeded_files(*, predictor: str) -> None:
    """Of versions that are all marked removed; and those of none, if they are old.

    The latter are left when the transaction that made the row was rolled back. What cannot be
    deleted is logged, and tried again next time. Raises OSError: nothing can be read.
    """
    versions = ModelVersion.objects.of(predictor).exclude(gate=ModelVersion.Gate.REMOVED)
    needed = set(versions.values_list("model_file", flat=True))
    for folder in sorted(artifacts.folders(predictor)):
        if f"{folder}/{artifacts.MODEL}" in needed:
            continue
        with transaction.atomic():
            lock_predictor(predictor)
            try:
                if not _is_needed(folder):
                    artifacts.remove(folder)
            except FileNotFoundError:  # somebody else was quicker
                continue
            except OSError as error:
                logger.error("artifacts: %s is not deleted: %s", folder, error)


def _is_needed(folder: str) -> bool:
    """Under the predictor's lock: somebody may have stored the same files again. Raises OSError."""
    versions = ModelVersion.objects.filter(model_file=f"{folder}/{artifacts.MODEL}")
    gates = set(versions.values_list("gate", flat=True))
    if gates:
        return gates != {ModelVersion.Gate.REMOVED.value}
    written_at = artifacts.written_at(folder)
    return written_at is not None and written_at > datetime.now(UTC) - UNKNOWN


def lock_predictor(predictor: str) -> None:
    """Until the transaction ends: no gaps in the numbers, one activation after the other, and
    nobody stores files while they are removed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"modelregistry:{predictor}"])


def _storable(reason: str) -> str:
    """As PostgreSQL keeps text. A reason may quote from a file that means harm."""
    return reason.replace("\x00", "\ufffd").encode(errors="replace").decode()[:GATE_REASON_LENGTH]
