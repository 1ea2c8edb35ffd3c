"""What the guard does about a version that fails in service."""

import logging
from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import Case, When

from modelregistry import catalog as kinds
from modelregistry.models import Activation, ModelVersion
from modelregistry.services import activate_version, rollback
from predictions import catalog
from predictions.promotion import guard
from predictions.promotion.models import GuardIntervention
from predictions.promotion.services import change_policy
from tests.predictions.promotion.conftest import activated, active, asked, cloned

pytestmark = pytest.mark.django_db


def test_it_works(
    good: ModelVersion,
    bad: ModelVersion,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    asked(bad, *[200] * 15, *[500] * 5)
    with django_capture_on_commit_callbacks(execute=True), caplog.at_level(logging.ERROR):
        guard.look()
    assert active() == good
    (intervention,) = GuardIntervention.objects.all()
    assert (intervention.outcome, intervention.to_version) == ("rolled_back", good)
    assert intervention.numbers == {
        "requests": 20,
        "reached": 20,
        "server_errors": 5,
        "failed": 5,
    }
    switch = Activation.objects.latest("id")
    assert (switch.actor, switch.is_rollback) == ("guard", True)
    assert "5 of 20 predictions failed (25.0%, at most 5.0%)" in switch.reason
    assert f"guard: {bad} rolled back to {good}" in caplog.text


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"guard_on": False}, "bad"),
        ({"guard_max_5xx_rate": 1.0, "guard_max_failed_rate": 1.0}, "bad"),
        ({"guard_sample_floor": 50}, "bad"),
        ({"guard_sample_floor": 5, "guard_requests": 10}, "good"),
    ],
)
def test_the_policy_says_when(
    good: ModelVersion, bad: ModelVersion, terms: dict[str, Any], expected: str
) -> None:
    change_policy(predictor="homes", terms=terms, actor="test")
    asked(bad, *[500] * 30)
    guard.look()
    assert active() == {"good": good, "bad": bad}[expected]


def test_long_after_the_activation_it_is_left_alone(good: ModelVersion) -> None:
    old = cloned(good)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO modelregistry_activation (predictor, from_version_id, to_version_id, at, "
            "actor, reason, is_rollback, database_user) "
            "VALUES ('homes', %s, %s, %s, 'test', '', false, 'test')",
            [good.pk, old.pk, datetime.now(UTC) - timedelta(hours=25)],
        )
    asked(old, *[500] * 30)
    guard.look()
    assert not GuardIntervention.objects.exists()


def test_with_nothing_to_return_to_it_says_so_once(
    good: ModelVersion, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    asked(good, *[500] * 30)
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True), caplog.at_level(logging.ERROR):
            guard.look()
    assert active() == good
    (intervention,) = GuardIntervention.objects.all()
    assert (intervention.outcome, intervention.to_version) == ("stood_still", None)
    assert caplog.text.count("there is no version to roll back to") == 1


def test_two_that_fail_do_not_take_turns(good: ModelVersion, bad: ModelVersion) -> None:
    """The second is activated on top of the first, before anybody noticed."""
    asked(bad, *[500] * 30)
    worse = activated(cloned(good))
    asked(worse, *[500] * 30)
    guard.look()
    assert active() == good
    switch = Activation.objects.latest("id")
    intervention = GuardIntervention.objects.get()
    assert switch.to_version == intervention.to_version == good
    assert f"passed over {bad}: 30 of 30" in intervention.reason
    assert Activation.objects.previous("homes") is None


def test_it_never_rolls_back_to_what_is_active(good: ModelVersion, bad: ModelVersion) -> None:
    """Which stands in the history twice, with one between that fails too."""
    asked(good, *[200] * 180)
    asked(bad, *[500] * 30)
    activated(good)
    asked(good, *[200] * 18, *[500] * 2)
    guard.look()
    intervention = GuardIntervention.objects.get()
    assert (intervention.outcome, intervention.to_version) == ("stood_still", None)
    assert "there is no version to roll back to" in intervention.reason
    assert Activation.objects.latest("id").actor == "test"
    with pytest.raises(IntegrityError, match="goes_elsewhere"):
        GuardIntervention.objects.create(
            activation=Activation.objects.earliest("id"),
            version=good,
            to_version=good,
            outcome="rolled_back",
            policy={},
            numbers={},
        )


@pytest.fixture
def sheds() -> Iterator[str]:
    """Another predictor, looked at after the homes."""
    predictor = copy(catalog.get("homes"))
    predictor.name = "sheds"
    catalog.register(predictor)
    yield predictor.name
    catalog._predictors.pop(predictor.name)
    kinds._kinds.pop(predictor.name)


def test_what_holds_up_one_predictor_does_not_keep_it_from_the_next(
    good: ModelVersion, sheds: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad = cloned(good)
    # By SQL, which does not take the lock that somebody else is to hold.
    ModelVersion.objects.of("homes").update(
        is_active=Case(When(pk=bad.pk, then=True), default=False)
    )
    first = cloned(good, predictor=sheds)
    second = cloned(first)
    for version in (first, second):
        activate_version(predictor=sheds, version=version.version, actor="test")
    asked(bad, *[500] * 30)
    asked(second, *[500] * 30)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            # As who activates takes it, and then does not end.
            cursor.execute("SELECT pg_try_advisory_lock(hashtext('modelregistry:homes'))")
            assert cursor.fetchone() == (True,)
        with caplog.at_level(logging.ERROR):
            guard.look()
    finally:
        other.close()
    assert "guard: homes" in caplog.text
    assert active() == bad
    assert ModelVersion.objects.active(sheds).get() == first


def test_what_it_rolled_back_itself_is_not_returned_to(
    good: ModelVersion, bad: ModelVersion
) -> None:
    asked(bad, *[500] * 30)
    guard.look()
    assert active() == good
    # It stands in the history again, and nobody but the guard wanted it.
    activated(bad, actor="guard")
    third = activated(cloned(good))
    asked(third, *[500] * 30)
    guard.look()
    assert active() == good


def test_who_insists_is_watched_again(good: ModelVersion, bad: ModelVersion) -> None:
    for _ in range(2):
        asked(bad, *[500] * 30)
        guard.look()
        assert active() == good
        activated(bad, actor="olga")
    guard.look()
    assert active() == bad


def test_what_answered_well_before_and_fails_now_has_another_cause(
    good: ModelVersion, bad: ModelVersion
) -> None:
    """Without this, one broken table would send the service to the oldest version there is."""
    asked(bad, *[200] * 50)
    third = activated(cloned(good))
    asked(third, *[500] * 30)
    guard.look()
    assert active() == bad
    asked(bad, *[500] * 30)
    guard.look()
    assert active() == bad
    assert GuardIntervention.objects.first().outcome == "stood_still"  # type: ignore[union-attr]


def test_a_version_whose_file_is_gone_is_passed_over(good: ModelVersion, bad: ModelVersion) -> None:
    third = activated(cloned(good))
    ModelVersion.objects.filter(pk=bad.pk).update(model_file="homes/nowhere/model.pkl")
    asked(third, *[500] * 30)
    guard.look()
    assert active() == good


def test_a_rollback_by_hand_goes_on_from_there(good: ModelVersion, bad: ModelVersion) -> None:
    third = activated(cloned(good))
    asked(third, *[500] * 30)
    guard.look()
    assert active() == bad
    assert rollback(predictor="homes", actor="olga") == good
