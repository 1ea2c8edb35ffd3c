"""What the guard does about a version that fails in service."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import uuid_utils
from django.db import connection

from modelregistry.models import Activation, ModelVersion
from modelregistry.services import activate_version, rollback
from predictions.audit import AuditRow
from predictions.promotion import guard
from predictions.promotion.models import GuardIntervention
from predictions.promotion.services import change_policy
from predictions.recording import record_many
from tests.predictions.promotion.conftest import cloned

pytestmark = pytest.mark.django_db
NOT_READY = b'{"code":"not-ready"}'


def asked(
    version: ModelVersion,
    *statuses: int,
    endpoint: str = "/api/predict/",
    error: bytes | None = None,
) -> None:
    """Requests that this version answered so, in this order."""
    record_many(
        AuditRow(
            id=uuid_utils.uuid7().bytes,
            predictor="homes",
            endpoint=endpoint,
            caller="test",
            request_id="test",
            api_version="1",
            request=b"{}",
            status=status,
            model_version_id=version.pk,
            error=error,
        )
        for status in statuses
    )


def activated(version: ModelVersion, actor: str = "test") -> ModelVersion:
    return activate_version(predictor="homes", version=version.version, actor=actor)


def active() -> ModelVersion:
    return ModelVersion.objects.active("homes").get()


@pytest.fixture
def good(active_version: ModelVersion) -> ModelVersion:
    return active_version


@pytest.fixture
def bad(good: ModelVersion) -> ModelVersion:
    """Active since a moment ago."""
    return activated(cloned(good))


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
    ("statuses", "why"),
    [
        ([500] * 19, "too few to say"),
        ([200] * 95 + [500] * 5, "not above the limit"),
        ([422] * 500 + [500] * 2, "what was refused never reached the model"),
        ([500] * 20 + [200] * 200, "long ago: the last 200 count"),
    ],
)
def test_within_the_limits_nothing_is_done(
    bad: ModelVersion, statuses: list[int], why: str
) -> None:
    asked(bad, *statuses)
    guard.look()
    assert active() == bad, why


def test_failures_among_many_refusals_are_seen(good: ModelVersion, bad: ModelVersion) -> None:
    """2 % of all requests, but half of those that reached the model."""
    asked(bad, *[422] * 150, *[500] * 10, *[200] * 10)
    change_policy(predictor="homes", terms={"guard_max_5xx_rate": 0.5}, actor="test")
    guard.look()
    assert active() == good


@pytest.mark.parametrize(
    "other", [{"endpoint": "batch"}, {"error": NOT_READY}], ids=["batches", "missing data"]
)
def test_what_is_no_live_request_or_no_fault_of_the_model_is_not_counted(
    bad: ModelVersion, other: dict[str, Any]
) -> None:
    asked(bad, *[503] * 300, **other)
    guard.look()
    assert active() == bad


def test_requests_before_the_activation_do_not_count(good: ModelVersion, bad: ModelVersion) -> None:
    activated(good)
    asked(bad, *[500] * 50)
    activated(bad)
    guard.look()
    assert active() == bad


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
