"""The model that answers, in this process.

A request takes one `LoadedModel` and keeps it: what it returns and what it audits come from that
one object, whatever the database says a moment later.

A web process keeps the models it serves (`serve`), and `modelregistry.changes` calls `refresh` when
the database says that something changed: a new version is loaded aside, then one reference is
swapped. No request waits for it. Commands and tasks ask the database each time.
"""

import logging
import os
import socket
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models.functions import Now

from modelregistry.catalog import all_kinds
from modelregistry.errors import ModelUnavailable, NoActiveModel
from modelregistry.loading import LoadedModel, load
from modelregistry.models import ModelVersion, ServingProcess

logger = logging.getLogger(__name__)

# Versions kept in memory: the active one, and those one may switch back to.
KEPT = 4
# What could not be loaded is tried again so often; a notification tries at once.
RETRY_SECONDS = 30.0
# A process that was not seen for so long is gone.
GONE_AFTER = timedelta(seconds=15)


@dataclass(slots=True)
class _Serving:
    """What this process answers with, by predictor."""

    process: uuid.UUID = field(default_factory=uuid.uuid4)
    models: dict[str, LoadedModel] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    """Why the active version is not the one that answers."""
    refused: dict[str, tuple[int, float]] = field(default_factory=dict)
    """The version that could not be loaded, and when it was tried."""


_serving: _Serving | None = None
_loaded: OrderedDict[tuple[int, str, str, str], LoadedModel] = OrderedDict()


def active_model(predictor: str) -> LoadedModel:
    """The model that answers now. Raises NoActiveModel, ModelUnavailable."""
    serving = _serving
    if serving is None:
        version = ModelVersion.objects.active(predictor).first()
        if version is None:
            raise _no_active(predictor)
        return _load_once(version)
    try:
        return serving.models[predictor]
    except KeyError:
        if predictor in serving.faults:
            raise ModelUnavailable(serving.faults[predictor]) from None
        raise _no_active(predictor) from None


def faults() -> dict[str, str]:
    """By predictor: why the active version is not the one that answers here."""
    return {} if _serving is None else dict(_serving.faults)


def serve() -> None:
    """From now on this process answers with what `refresh` took over."""
    global _serving
    _serving = _Serving()


def refresh(*, told: bool) -> None:
    """Take over what is active now, and say in the database what answers here.

    `told`: something did change, so that what failed before is worth another try. A version that
    cannot be loaded is not taken over: the one before goes on. Raises Django's database errors.
    """
    if _serving is None:
        return
    for kind in all_kinds():
        _refresh_one(_serving, kind.predictor, told=told)
    _report(_serving)


def leave() -> None:
    """This process ends: it is no longer listed."""
    if _serving is not None:
        ServingProcess.objects.filter(process=_serving.process).delete()


def _refresh_one(serving: _Serving, predictor: str, *, told: bool) -> None:
    version = ModelVersion.objects.active(predictor).defer("golden").first()
    if version is None:
        serving.models.pop(predictor, None)
        serving.faults.pop(predictor, None)
        return
    current = serving.models.get(predictor)
    if current is not None and current.version_id == version.pk:
        serving.faults.pop(predictor, None)
        return
    number, tried_at = serving.refused.get(predictor, (0, 0.0))
    if number == version.pk and not told and time.monotonic() - tried_at < RETRY_SECONDS:
        return
    try:
        model = _load_once(version)
    except ModelUnavailable as error:
        serving.refused[predictor] = (version.pk, time.monotonic())
        if serving.faults.get(predictor) != error.detail:
            logger.error("not taken over, %s goes on: %s", current and current.version, error)
        serving.faults[predictor] = error.detail
        return
    # The swap: one reference. Requests in flight keep the object they took.
    serving.models[predictor] = model
    serving.since[predictor] = datetime.now(UTC)
    serving.faults.pop(predictor, None)
    logger.info("%s %s answers now (%s)", predictor, model.version, model.engine)


def _report(serving: _Serving) -> None:
    now = Now()
    rows = []
    for kind in all_kinds():
        model = serving.models.get(kind.predictor)
        rows.append(
            ServingProcess(
                process=serving.process,
                host=socket.gethostname()[:255],
                pid=os.getpid(),
                predictor=kind.predictor,
                model_version_id=model.version_id if model else None,
                engine=model.engine if model else "",
                fault=serving.faults.get(kind.predictor, ""),
                since=serving.since.get(kind.predictor) if model else None,
                seen_at=now,
            )
        )
    ServingProcess.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["process", "predictor"],
        update_fields=["model_version", "engine", "fault", "since", "seen_at"],
    )
    ServingProcess.objects.filter(seen_at__lt=now - 4 * GONE_AFTER).delete()


def _load_once(version: ModelVersion) -> LoadedModel:
    key = (version.pk, version.model_sha256, version.features_sha256, version.gate)
    model = _loaded.get(key)
    if model is None:
        model = load(version)
        _loaded[key] = model
        while len(_loaded) > KEPT:
            _loaded.popitem(last=False)
    return model


def _no_active(predictor: str) -> NoActiveModel:
    return NoActiveModel(f"no version of {predictor} is active; an operator has to activate one")
