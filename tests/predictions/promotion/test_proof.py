"""`if_better`: a version takes over if it proves better on what neither has learned from."""

import pickle
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from django.db import connection
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline

from learning.artifact import Artifact
from modelregistry.models import Activation, ModelVersion
from modelregistry.services import activate_version
from predictions.promotion.models import PromotionDecision, PromotionPolicy
from predictions.promotion.services import change_policy, decide, held_out_for
from predictors.homes.frames import follows, home_data, unseen_sales
from predictors.homes.models import Sale
from tests.predictions.promotion.conftest import SALES, cloned, registered, train

pytestmark = pytest.mark.django_db


def active() -> ModelVersion:
    return ModelVersion.objects.active("homes").get()


def shuffled(artifact: Artifact, seed: int = 7) -> bytes:
    """The same neighbours with the prices of others."""
    model: Pipeline = pickle.loads(artifact.model_bytes)
    neighbours: KNeighborsRegressor = model[-1]
    neighbours._y = np.random.default_rng(seed).permutation(neighbours._y)
    return pickle.dumps(model)


def test_it_works(later_sales: int) -> None:
    former = active()
    held_out = held_out_for(predictor="homes")
    assert held_out is not None
    candidate = registered(train("champion", held_out))

    # As good as its intervals may be, they are not good enough for everybody.
    change_policy(predictor="homes", terms={"least_coverage": 1.0}, actor="test")
    decision = decide(candidate=candidate, held_out=held_out, actor="run 1")
    assert (decision.outcome, active()) == ("not_proven", former)
    assert "at least 100.0% are asked for" in decision.reason

    change_policy(predictor="homes", terms={"least_coverage": 0.5}, actor="test")
    decision = decide(candidate=candidate, held_out=held_out, actor="run 1")
    assert (decision.outcome, active()) == ("activated", candidate)
    numbers = decision.numbers
    assert numbers["rows"] == len(held_out.actual) == later_sales // 2
    assert numbers["candidate"]["mdape"] < numbers["active"]["mdape"]
    assert numbers["difference"]["mdape"]["interval"][1] < 0
    assert 0.5 <= numbers["candidate"]["coverage"] <= 1
    assert numbers["active"]["coverage"] is None
    assert f"{numbers['candidate']['mdape']:.2f} % against" in decision.summary
    switch = Activation.objects.latest("id")
    assert (switch.actor, switch.to_version) == ("run 1", candidate)
    assert switch.reason.startswith("proven better: MdAPE")

    # And the other way round: what is worse, and says nothing of its error, stays where it is.
    change_policy(predictor="homes", terms={"share": 0.9}, actor="test")
    held_out = held_out_for(predictor="homes")
    assert held_out is not None
    worse = registered(train("basic", held_out))
    decision = decide(candidate=worse, held_out=held_out, actor="run 2")
    assert (decision.outcome, active()) == ("not_proven", candidate)
    assert decision.numbers["difference"]["mdape"]["interval"][1] > 0
    assert "gives no intervals" in decision.reason


class ActivatedMeanwhile(dict[str, Any]):
    """What is known of a candidate's training; while it is read, somebody activates another."""

    def __init__(self, known: Mapping[str, Any], other: ModelVersion) -> None:
        super().__init__(known)
        self._other = other

    def get(self, name: str, default: Any = None) -> Any:
        activate_version(predictor="homes", version=self._other.version, actor="somebody")
        return super().get(name, default)


def test_a_worse_candidate_stays_inactive_and_a_better_one_takes_over(later_sales: int) -> None:
    former = active()
    held_out = held_out_for(predictor="homes")
    assert held_out is not None
    good = train("basic", held_out)
    bad = registered(good, model_bytes=shuffled(good))
    decision = decide(candidate=bad, held_out=held_out, actor="test")
    assert (decision.outcome, active()) == ("not_proven", former)
    assert decision.numbers["difference"]["mdape"]["interval"][0] > 0
    assert "its mean error is larger" in decision.reason

    activate_version(predictor="homes", version=bad.version, actor="a mistake")
    change_policy(predictor="homes", terms={"share": 0.9, "threshold": 99.0}, actor="test")
    held_out = held_out_for(predictor="homes")
    assert held_out is not None
    better = registered(train("basic", held_out))
    decision = decide(candidate=better, held_out=held_out, actor="test")
    assert (decision.outcome, active()) == ("not_proven", bad)
    assert "the interval would have to be all below -99" in decision.reason

    change_policy(predictor="homes", terms={"threshold": 1.0}, actor="test")
    known = better.trained_on
    better.trained_on = ActivatedMeanwhile(known, former)
    decision = decide(candidate=better, held_out=held_out, actor="test")
    assert (decision.outcome, active()) == ("overtaken", former)
    assert "the proof was: MdAPE" in decision.reason

    activate_version(predictor="homes", version=bad.version, actor="a mistake again")
    better.trained_on = known
    decision = decide(candidate=better, held_out=held_out, actor="test")
    assert (decision.outcome, active()) == ("activated", better)


def test_neither_has_learned_from_what_is_held_out(later_sales: int) -> None:
    former = active()
    held_out = held_out_for(predictor="homes")
    assert held_out is not None
    rule = held_out.rule
    kept = Sale.objects.filter(date__gte=rule["date"], id__gt=rule["after_id"])
    assert kept.count() >= len(held_out.actual) == rule["sales"]
    unseen = unseen_sales(former.trained_on)
    assert len(unseen) == later_sales
    assert follows(unseen, rule).sum() == len(held_out.actual)
    assert list(unseen["price"][-len(held_out.actual) :]) == held_out.actual.tolist()
    learned = home_data(held_out=rule).sales
    assert len(learned) == Sale.objects.count() - len(held_out.actual)
    assert learned["date"].max() <= kept.earliest("date").date


def test_what_was_held_back_is_new_to_the_one_that_took_over(later_sales: int) -> None:
    """Round after round: sales that came late and were sold early are learned, once."""
    held_out = held_out_for(predictor="homes")
    assert held_out is not None
    first = train("basic", held_out).trained_on
    unseen = unseen_sales(first)
    assert unseen["price"].tolist() == held_out.actual.tolist()
    sale = Sale.objects.earliest("date")
    sale.pk, sale.parcel = None, "0000000001"
    sale.save()
    again = unseen_sales(first)
    assert again["parcel"].tolist() == ["0000000001", *unseen["parcel"].tolist()]
    # It stands before the days that were held out: the next one may learn it.
    later = train("basic", held_out).trained_on
    assert unseen_sales(later)["parcel"].tolist() == unseen["parcel"].tolist()


def test_with_too_few_new_rows_nothing_is_held_out_and_nothing_decided(later_sales: int) -> None:
    floor = later_sales // 2 + 1
    change_policy(predictor="homes", terms={"sample_floor": floor}, actor="test")
    assert held_out_for(predictor="homes") is None
    former = active()
    decision = decide(candidate=cloned(former), held_out=None, actor="test")
    assert (decision.outcome, active()) == ("not_measured", former)
    assert decision.reason == f"{floor - 1} rows could be held out from both, {floor} are needed"


def test_a_manual_policy_leaves_it_to_people(active_version: ModelVersion) -> None:
    assert held_out_for(predictor="homes") is None
    decision = decide(candidate=active_version, held_out=None, actor="test")
    assert (decision.outcome, decision.policy["mode"]) == ("manual", "manual")


def test_what_may_have_learned_from_the_held_out_rows_is_not_measured(later_sales: int) -> None:
    former = active()
    held_out = held_out_for(predictor="homes")
    assert held_out is not None
    for known in ({}, {**former.trained_on, "held_out": {**held_out.rule, "id": 1}}):
        cheat = cloned(former, trained_on=known)
        decision = decide(candidate=cheat, held_out=held_out, actor="test")
        assert (decision.outcome, active()) == ("not_measured", former)
        assert "nobody knows" in decision.reason


def test_what_was_held_out_against_another_version_proves_nothing(later_sales: int) -> None:
    held_out = held_out_for(predictor="homes")
    assert held_out is not None
    candidate = cloned(active(), trained_on={"held_out": held_out.rule})
    other = cloned(active())
    activate_version(predictor="homes", version=other.version, actor="somebody")
    decision = decide(candidate=candidate, held_out=held_out, actor="test")
    assert (decision.outcome, active()) == ("not_measured", other)
    assert f"now {other} answers" in decision.reason


def test_a_candidate_that_cannot_answer_is_not_proven(later_sales: int) -> None:
    former = active()
    held_out = held_out_for(predictor="homes")
    assert held_out is not None
    known = {"held_out": held_out.rule}
    candidate = cloned(former, trained_on=known, model_file="homes/nowhere/model.pkl")
    decision = decide(candidate=candidate, held_out=held_out, actor="test")
    assert (decision.outcome, active()) == ("not_proven", former)
    assert "cannot be loaded" in decision.reason


def test_a_reason_may_quote_what_no_database_keeps(active_version: ModelVersion) -> None:
    decision = PromotionDecision.objects.create(
        candidate=active_version,
        policy={},
        outcome="not_proven",
        reason="it fails at held out rows: \x00\ud800",
        actor="test",
    )
    decision.refresh_from_db()
    assert decision.reason == "it fails at held out rows: \ufffd?"


def test_sales_from_a_file_are_not_said_to_be_without_the_held_out(later_sales: int) -> None:
    held_out = held_out_for(predictor="homes")
    artifact = train("basic", held_out, files={"sales": SALES})
    assert "held_out" not in artifact.trained_on


def test_a_decision_is_never_changed(active_version: ModelVersion) -> None:
    decision = decide(candidate=active_version, held_out=None, actor="test")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else TRUNCATE fails for that
    for statement in ("UPDATE {} SET reason = ''", "DELETE FROM {}", "TRUNCATE {} CASCADE"):
        with pytest.raises(Exception, match="refused"), connection.cursor() as cursor:
            cursor.execute("SAVEPOINT before")
            try:
                cursor.execute(statement.format(decision._meta.db_table))
            finally:
                cursor.execute("ROLLBACK TO before")


def test_a_policy_nobody_set_is_manual_and_guarded(db: None) -> None:
    policy = PromotionPolicy.objects.of("homes")
    assert policy._state.adding
    assert (policy.mode, policy.guard_on) == ("manual", True)
