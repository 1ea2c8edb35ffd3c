"""Rolls back a version that fails in service, by itself.

Each web process looks every few seconds (`predictions.serving`), one at a time: it needs neither
Redis nor a worker. What is counted stands in the audit log, whichever process wrote it.
"""

import logging
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from django.db import Error, connection, transaction

from modelregistry.errors import ActiveVersionChanged, ModelUnavailable
from modelregistry.models import Activation, ModelVersion
from modelregistry.services import rollback
from predictions import catalog
from predictions.promotion.models import GuardIntervention, PromotionPolicy
from predictions.promotion.service_record import ServiceRecord, record_of

logger = logging.getLogger(__name__)

ACTOR = "guard"
# The thread that looks is the one that follows switches: nothing here may hold it up.
STATEMENT_MILLISECONDS = 3_000


def look() -> None:
    """At each predictor, whatever the database says to another."""
    for predictor in catalog.all_predictors():
        try:
            with transaction.atomic():
                if _is_mine(predictor.name):
                    _watch(predictor.name)
        except ActiveVersionChanged:
            continue  # somebody else did something: the next look is at that
        except Error:
            logger.exception("guard: %s", predictor.name)


def _is_mine(predictor: str) -> bool:
    """Until the transaction ends; False while another process looks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), "
            "pg_try_advisory_xact_lock(hashtext(%s))",
            [str(STATEMENT_MILLISECONDS), f"guard:{predictor}"],
        )
        return bool(cursor.fetchone()[1])


def _watch(predictor: str) -> None:
    policy = PromotionPolicy.objects.of(predictor)
    activation = _watched(predictor, policy) if policy.guard_on else None
    if activation is None or activation.to_version is None:
        return
    version = activation.to_version
    record = record_of(version.pk, policy, since=activation.at)
    faults = record.faults(policy)
    if faults:
        _intervene(activation, version, policy, record, " and ".join(faults))


def _watched(predictor: str, policy: PromotionPolicy) -> Activation | None:
    """The newest activation, if it is young and nothing has been done about it."""
    newest = Activation.objects.of(predictor).newest(1).first()
    if newest is None or newest.at < datetime.now(UTC) - timedelta(hours=policy.guard_hours):
        return None
    return None if GuardIntervention.objects.filter(activation=newest).exists() else newest


def _intervene(
    activation: Activation,
    version: ModelVersion,
    policy: PromotionPolicy,
    record: ServiceRecord,
    faults: str,
) -> None:
    """Roll back, or stand still; either is kept, once for an activation."""
    former, reason = None, f"{faults} since it was activated"
    if _answered_well_before(activation, version, policy):
        reason += "; it was rolled back to and answered well before, so it is hardly the model"
    else:
        former, passed_over = _roll_back(version, policy, reason)
        reason = "; ".join([reason, *passed_over])
        if former is None:
            reason += "; there is no version to roll back to"
    outcome = GuardIntervention.Outcome.ROLLED_BACK
    if former is None:
        outcome = GuardIntervention.Outcome.STOOD_STILL
    GuardIntervention.objects.create(
        activation=activation,
        version=version,
        to_version=former,
        outcome=outcome,
        reason=reason,
        policy=policy.terms,
        numbers=asdict(record),
    )
    done = f"rolled back to {former}" if former else "stays active, somebody has to look"
    transaction.on_commit(lambda: logger.error("guard: %s %s: %s", version, done, reason))


def _answered_well_before(
    activation: Activation, version: ModelVersion, policy: PromotionPolicy
) -> bool:
    """Whether this is where the guard returned to: what fails now too has another cause, and to
    go on would end at the oldest version there is."""
    if activation.actor != ACTOR:
        return False
    before = record_of(version.pk, policy, before=activation.at)
    return before.is_good(policy)


def _roll_back(
    version: ModelVersion, policy: PromotionPolicy, reason: str
) -> tuple[ModelVersion | None, list[str]]:
    """The newest of the former versions that is fit, and why the others are not.

    Raises ActiveVersionChanged.
    """
    passed_over: dict[int, str] = {}
    while target := Activation.objects.previous(version.predictor, skipping=passed_over):
        why_not = _unfit(target, policy)
        if not why_not:
            try:
                former = rollback(
                    predictor=version.predictor,
                    actor=ACTOR,
                    reason=reason,
                    expected_active=version.version,
                    skipping=passed_over,
                )
            except ModelUnavailable as error:
                why_not = error.detail
            else:
                return former, list(passed_over.values())
        passed_over[target.version] = f"passed over {target}: {why_not}"
    return None, list(passed_over.values())


def _unfit(target: ModelVersion, policy: PromotionPolicy) -> str:
    """Why it is not returned to: two that fail must not take turns. Empty: it is fit."""
    gone = GuardIntervention.objects.filter(
        version=target, outcome=GuardIntervention.Outcome.ROLLED_BACK
    ).first()
    # Whoever activated it afterwards had a reason; then its record speaks.
    wanted = Activation.objects.filter(to_version=target).exclude(actor=ACTOR)
    if gone and not wanted.filter(pk__gt=gone.activation_id).exists():
        return "it was itself rolled back for failing"
    return " and ".join(record_of(target.pk, policy).faults(policy))
