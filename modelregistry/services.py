"""The deeds of the registry. Commands, tasks, the API and the admin are doors to these."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone

from learning.artifact import feature_names_bytes, pickled
from modelregistry import artifacts, loading
from modelregistry.catalog import kind_of
from modelregistry.errors import (
    ActiveVersionChanged,
    InvalidArtifact,
    NothingToRollBack,
    VersionInUse,
)
from modelregistry.gate import require_passed, try_successor, try_version
from modelregistry.keeping import keep, lock_predictor
from modelregistry.models import Activation, ModelVersion

# So many in a row, done by SQL, are waited for.
RAW_UPDATES = 3


def register_version(
    *,
    predictor: str,
    name: str,
    model_bytes: bytes,
    features_bytes: bytes,
    expected_sha256: str = "",
    metrics: Mapping[str, Any] | None = None,
    trained_on: Mapping[str, Any] | None = None,
    created_by: str = "",
    notes: str = "",
) -> ModelVersion:
    """Try the artifact at the gate, store it, give it the predictor's next number, inactive.

    What fails at the gate is kept too, marked, and can never be activated: raises GateFailed, which
    names the version. `expected_sha256`, if given, is what the caller says the pickle's digest is;
    it is checked before anything else. Raises UnknownPredictor, InvalidArtifact.
    """
    kind = kind_of(predictor)
    model_sha256 = artifacts.sha256(model_bytes)
    if expected_sha256 and model_sha256 != expected_sha256.lower():
        raise InvalidArtifact(f"model.pkl: its SHA-256 is {model_sha256}, not {expected_sha256}")
    report = try_version(
        kind=kind, model_bytes=model_bytes, features_bytes=features_bytes, metrics=metrics or {}
    )
    return keep(
        report,
        predictor=predictor,
        name=name,
        model_bytes=model_bytes,
        features_bytes=features_bytes,
        metrics=metrics or {},
        trained_on=dict(trained_on or {}),
        created_by=created_by,
        notes=notes,
    )


def register_successor(
    *,
    parent: ModelVersion,
    name: str,
    estimator: Any,
    metrics: Mapping[str, Any],
    trained_on: Mapping[str, Any],
    created_by: str,
    notes: str = "",
) -> ModelVersion:
    """Give a version that this process has just computed from `parent` the predictor's next number.

    For online learning, once a minute and beside requests: it is tried here, on the parent's golden
    rows, and not in a process of its own. That one guards against foreign bytes, and there are
    none: the parent passed it, and what is pickled here is the same class with other numbers,
    computed by code of ours. It must still come out of the restricted unpickler, give finite
    answers, and the fast way must agree with the slow one (docs/decisions/0012).

    Inactive. What fails is kept too, marked: raises GateFailed, which names the version. Raises
    GateFailed that names the parent, and InvalidArtifact (it cannot be pickled): nothing is kept;
    ModelUnavailable: the parent's files are gone.
    """
    require_passed(parent)
    before = loading.load(parent)
    try:
        model_bytes = pickled(estimator)
    except Exception as error:  # whatever a member's own pickling raises
        raise InvalidArtifact(f"the model cannot be pickled: {error}") from error
    return keep(
        try_successor(parent=parent, before=before, model_bytes=model_bytes),
        predictor=parent.predictor,
        name=name,
        model_bytes=model_bytes,
        features_bytes=feature_names_bytes(before.feature_names),
        metrics=metrics,
        trained_on=dict(trained_on),
        created_by=created_by,
        notes=notes,
    )


def mark_removed(*, version: ModelVersion, reason: str) -> ModelVersion:
    """Say of a version that nobody needs that its files are removed; its row stays, and says why.

    `delete_unneeded_files` deletes them, after this is committed: a crash between leaves files that
    it finds, and never a version that should have them. Who has it in memory goes on. Raises
    VersionInUse: it is active; GateFailed: it did not pass the gate, or has none any more.
    """
    with transaction.atomic():
        lock_predictor(version.predictor)
        chosen = ModelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
        require_passed(chosen)
        if chosen.is_active:
            raise VersionInUse(f"{chosen} is active: its files are needed")
        chosen.gate = ModelVersion.Gate.REMOVED
        chosen.gate_reason = f"{timezone.now():%Y-%m-%d %H:%M} UTC: {reason}"
        if "rows" not in chosen.golden:  # others may be asked the rows that it keeps
            chosen.golden = {}
        chosen.save(update_fields=["gate", "gate_reason", "golden"])
    return chosen


def record_evaluation(*, predictor: str, version: int, figures: Mapping[str, Any]) -> ModelVersion:
    """Keep what an evaluation found beside the version's other metrics, part by part.

    What an earlier one found of other parts stays. Raises UnknownVersion.
    """
    with transaction.atomic():
        chosen = ModelVersion.objects.select_for_update().numbered(predictor, version)
        chosen.metrics = {
            **chosen.metrics,
            "evaluation": {**(chosen.metrics.get("evaluation") or {}), **figures},
        }
        chosen.save(update_fields=["metrics"])
    return chosen


def activate_version(
    *,
    predictor: str,
    version: int,
    actor: str,
    reason: str = "",
    expected_active: int | None = None,
) -> ModelVersion:
    """Make this version the one that answers, everywhere within a second.

    The model is loaded here first: a version that cannot answer never becomes the active one.
    `actor` and `reason` go to the history. `expected_active`: only if that version answers until
    now. Raises UnknownVersion, GateFailed, ModelUnavailable, ActiveVersionChanged.
    """
    kind_of(predictor)
    chosen = ModelVersion.objects.numbered(predictor, version)
    require_passed(chosen)
    loading.load(chosen)
    with transaction.atomic():
        lock_predictor(predictor)
        # Its files may have been removed meanwhile.
        chosen.refresh_from_db(fields=["gate", "gate_reason"])
        require_passed(chosen)
        _activate(chosen, actor, reason, expected_active=expected_active)
    chosen.refresh_from_db()
    return chosen


def rollback(
    *,
    predictor: str,
    actor: str,
    reason: str = "",
    expected_active: int | None = None,
    skipping: Collection[int] = (),
) -> ModelVersion:
    """Return to the version that answered before the active one.

    Done twice it goes two versions back. `expected_active`: only if that version answers until now;
    `skipping`: numbers of versions that are not returned to, but the one before. Raises
    NothingToRollBack, ModelUnavailable, ActiveVersionChanged.
    """
    kind_of(predictor)
    with transaction.atomic():
        lock_predictor(predictor)
        _require_active(predictor, expected_active)
        previous = Activation.objects.previous(predictor, skipping=skipping)
        if previous is None:
            raise NothingToRollBack(f"no version of {predictor} was active before this one")
        loading.load(previous)
        _activate(
            previous,
            actor,
            f"rollback: {reason}" if reason else "rollback",
            is_rollback=True,
            expected_active=expected_active,
        )
    previous.refresh_from_db()
    return previous


def _require_active(predictor: str, expected: int | None) -> None:
    if expected is None:
        return
    found = ModelVersion.objects.active(predictor).values_list("version", flat=True).first()
    if found != expected:
        raise ActiveVersionChanged(f"version {expected} of {predictor} is no longer the active one")


def _activate(
    chosen: ModelVersion,
    actor: str,
    reason: str,
    *,
    is_rollback: bool = False,
    expected_active: int | None = None,
) -> None:
    """Within a transaction. The trigger that writes the history reads who and why from it."""
    switched = _locked_with_active(chosen)
    _require_active(chosen.predictor, expected_active)
    _tell_trigger(actor[:150], reason, "true" if is_rollback else "")
    # One statement, over few rows: there may be a hundred thousand.
    ModelVersion.objects.filter(pk__in=switched).update(
        is_active=ExpressionWrapper(Q(pk=chosen.pk), output_field=BooleanField())
    )
    # What else is done in this transaction is not ours.
    _tell_trigger("", "", "")


def _locked_with_active(chosen: ModelVersion) -> set[int]:
    """The keys of `chosen` and of what is active, locked: no raw UPDATE can switch until we have.

    The older one first, as a raw UPDATE of all as a rule comes by them: neither has the one that
    the other waits for. One that has begun is waited for. What was active then is so no more, and
    what is active now is only found by looking again. What only refers to a version (its key) waits
    for nobody, nor do we for it: a long load that resolves forecasts would otherwise hold up every
    switch.
    """
    versions = ModelVersion.objects.select_for_update(no_key=True).order_by("pk")
    for _ in range(RAW_UPDATES):
        active = ModelVersion.objects.active(chosen.predictor).values_list("pk", flat=True)
        either = versions.filter(pk__in={chosen.pk, *active})
        found = dict(either.values_list("pk", "is_active"))
        if any(found.values()):
            break
    return set(found)


def _tell_trigger(actor: str, reason: str, is_rollback: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('housing.actor', %s, true), set_config('housing.reason', %s, true), "
            "set_config('housing.is_rollback', %s, true)",
            [actor, reason, is_rollback],
        )
