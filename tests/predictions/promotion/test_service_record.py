"""What the guard counts, and what it does not."""

from typing import Any

import pytest

from modelregistry.models import ModelVersion
from predictions.promotion import guard
from predictions.promotion.models import GuardIntervention
from predictions.promotion.services import change_policy
from tests.predictions.promotion.conftest import activated, active, asked

pytestmark = pytest.mark.django_db
NOT_READY = b'{"code":"not-ready"}'


def test_it_works(good: ModelVersion, bad: ModelVersion) -> None:
    asked(bad, *[422] * 5, *[200] * 15, *[500] * 5)
    guard.look()
    assert active() == good
    numbers = GuardIntervention.objects.get().numbers
    assert numbers == {"requests": 25, "server_errors": 5, "reached": 20, "failed": 5}


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


def test_who_sends_nothing_but_nonsense_hides_no_failure(
    good: ModelVersion, bad: ModelVersion
) -> None:
    """Of the last 200 requests only ten reached the model."""
    asked(bad, *[*[422] * 19, 500] * 20)
    guard.look()
    assert active() == good
    numbers = GuardIntervention.objects.get().numbers
    assert numbers == {"requests": 200, "server_errors": 10, "reached": 20, "failed": 20}


def test_a_list_is_one_request(good: ModelVersion, bad: ModelVersion) -> None:
    asked(bad, *[200] * 30)
    asked(bad, *[500] * 300, endpoint="/api/predict/bulk/", is_list=True)
    guard.look()
    assert active() == bad, "one of 31"
    for _ in range(20):
        asked(bad, *[200] * 90, *[422] * 10, *[500] * 10, is_list=True)
    guard.look()
    assert active() == good
    numbers = GuardIntervention.objects.get().numbers
    assert (numbers["reached"], numbers["failed"]) == (51, 1 + 20 * 0.1)


def test_many_rows_of_a_batch_between_the_requests_hide_nothing(
    good: ModelVersion, bad: ModelVersion
) -> None:
    """What is read for each request that is counted would all be rows of the batch."""
    terms = {"guard_sample_floor": 1, "guard_requests": 1}
    change_policy(predictor="homes", terms=terms, actor="test")
    asked(bad, 500)
    asked(bad, *[200] * 51, endpoint="batch")
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
