"""The deeds of promotion: what is held out, and who takes over."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from learning.fields import Fault
from modelregistry.errors import ActiveVersionChanged, DomainError
from modelregistry.models import ModelVersion
from modelregistry.services import activate_version
from predictions import catalog
from predictions.contract import HeldOut
from predictions.errors import InvalidInput
from predictions.promotion.models import GuardIntervention, PromotionDecision, PromotionPolicy
from predictions.promotion.proof import Proof, prove

Outcome = PromotionDecision.Outcome
GATE_PASSED = ModelVersion.Gate.PASSED
# In the rule of what is held out: the number of the version that it was held out against.
AGAINST = "against"
SHOWN = 50


def held_out_for(*, predictor: str) -> HeldOut | None:
    """What a version that is trained now must not see, so that it can be proven on it.

    None if nothing will be decided by proof: by the policy, without an active version, or with
    fewer new rows than the policy's floor. Raises UnknownPredictor.
    """
    chosen = catalog.get(predictor)
    policy = PromotionPolicy.objects.of(predictor)
    active = ModelVersion.objects.active(predictor).first()
    if policy.mode != PromotionPolicy.Mode.IF_BETTER or active is None:
        return None
    found = chosen.held_out(trained_on=active.trained_on, share=policy.share)
    if len(found.actual) < policy.sample_floor:
        return None
    return replace(found, rule={**found.rule, AGAINST: active.version})


def decide(*, candidate: ModelVersion, held_out: HeldOut | None, actor: str) -> PromotionDecision:
    """Let a trained version take over if the policy wants proof and it holds; keep the decision.

    `held_out`: what `held_out_for` gave before it was trained, and `train` was given. By the policy
    as it is now. What is activated is exactly what was measured.
    """
    policy = PromotionPolicy.objects.of(candidate.predictor)
    active = ModelVersion.objects.active(candidate.predictor).first()
    decision = PromotionDecision(
        candidate=candidate, active=active, policy=policy.terms, actor=actor[:150]
    )
    if policy.mode != PromotionPolicy.Mode.IF_BETTER and candidate.gate == GATE_PASSED:
        decision.outcome = Outcome.MANUAL
        decision.reason = "the policy is manual: somebody has to activate it"
        decision.save()
        return decision
    proof = _proof(candidate, active, held_out, policy)
    decision.reason, decision.numbers = proof.reason, dict(proof.numbers)
    if not proof.holds:
        decision.outcome = Outcome.NOT_PROVEN if proof.is_measured else Outcome.NOT_MEASURED
        decision.save()
        return decision
    return _activated(decision)


def _proof(
    candidate: ModelVersion,
    active: ModelVersion | None,
    held_out: HeldOut | None,
    policy: PromotionPolicy,
) -> Proof:
    predictor = catalog.get(candidate.predictor)
    if candidate.gate != GATE_PASSED:
        return Proof(f"it did not pass the gate: {candidate.gate_reason}", is_measured=False)
    if active is None:
        return Proof("no version is active to compare it with", is_measured=False)
    if candidate == active:
        return Proof("it is the active version already", is_measured=False)
    if held_out is None:
        rows = len(predictor.held_out(trained_on=active.trained_on, share=policy.share).actual)
        return Proof(
            "nothing was held out when it was trained"
            if rows >= policy.sample_floor
            else f"{rows:,} rows could be held out from both, {policy.sample_floor:,} are needed",
            is_measured=False,
            numbers={"rows": rows},
        )
    rule, rows = dict(held_out.rule), len(held_out.actual)
    numbers = {"held_out": rule, "rows": rows}
    if rule.get(AGAINST) != active.version:
        # What the new one has learned from is another matter.
        reason = f"rows were held out against version {rule.get(AGAINST)}; now {active} answers"
        return Proof(reason, is_measured=False, numbers=numbers)
    if candidate.trained_on.get("held_out") != rule:
        reason = "nobody knows that it has not learned from the held out rows"
        return Proof(reason, is_measured=False, numbers=numbers)
    if rows < policy.sample_floor:
        reason = f"{rows:,} rows are held out from both, {policy.sample_floor:,} are needed"
        return Proof(reason, is_measured=False, numbers=numbers)
    return prove(predictor, candidate=candidate, active=active, held_out=held_out, policy=policy)


def _activated(decision: PromotionDecision) -> PromotionDecision:
    """Both or neither: the switch and its decision. Not if another version answers by now."""
    candidate, active = decision.candidate, decision.active
    assert active is not None
    try:
        with transaction.atomic():
            activate_version(
                predictor=candidate.predictor,
                version=candidate.version,
                actor=decision.actor,
                reason=f"proven better: {decision.reason}",
                expected_active=active.version,
            )
            decision.outcome = Outcome.ACTIVATED
            decision.save()
    except DomainError as error:
        overtaken = isinstance(error, ActiveVersionChanged)
        decision.outcome = Outcome.OVERTAKEN if overtaken else Outcome.NOT_PROVEN
        decision.reason = f"{error.detail}; the proof was: {decision.reason}"
        decision.save()
    candidate.refresh_from_db()
    return decision


def promotion_of(
    *, predictor: str, version: int
) -> tuple[ModelVersion, list[PromotionDecision], list[GuardIntervention]]:
    """Decisions on a version and what the guard did with it, newest first.

    Raises UnknownPredictor, UnknownVersion.
    """
    catalog.get(predictor)
    found = ModelVersion.objects.numbered(predictor, version)
    decisions = PromotionDecision.objects.of(found)[:SHOWN]
    return found, list(decisions), list(GuardIntervention.objects.touching(found)[:SHOWN])


def policy_of(*, predictor: str) -> PromotionPolicy:
    """Raises UnknownPredictor."""
    catalog.get(predictor)
    return PromotionPolicy.objects.of(predictor)


def change_policy(*, predictor: str, terms: Mapping[str, Any], actor: str) -> PromotionPolicy:
    """Set some of its terms, each within its limits. Raises UnknownPredictor, InvalidInput."""
    catalog.get(predictor)
    with transaction.atomic():
        PromotionPolicy.objects.get_or_create(predictor=predictor)
        policy = PromotionPolicy.objects.select_for_update().get(predictor=predictor)
        for name, value in terms.items():
            setattr(policy, name, value)
        if policy.guard_sample_floor > policy.guard_requests:
            floor, accepted = policy.guard_sample_floor, f"at most {policy.guard_requests}"
            detail = f"{floor} is more than the requests that are looked at"
            raise InvalidInput([Fault("guard_sample_floor", detail, accepted)])
        policy.updated_at, policy.updated_by = Now(), actor[:150]
        policy.save()
    policy.refresh_from_db()
    return policy
