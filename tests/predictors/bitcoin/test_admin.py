"""Seconds and forecasts in the admin: to look at, however many there are."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from predictors.bitcoin.models import Forecast, Second

from .conftest import Asking
from .telling import Telling, later, quick_passwords, tell, window

__all__ = ("quick_passwords", "tell")


def listed(name: str) -> str:
    return reverse(f"admin:bitcoin_{name}_changelist")


def test_it_works(admin_client: Client, tell: Telling, ask: Asking) -> None:
    ask(window())
    tell(later())
    for name, row in (
        ("second", Second.objects.latest("time")),
        ("forecast", Forecast.objects.get()),
    ):
        with CaptureQueriesContext(connection) as queries:
            page = admin_client.get(listed(name))
        assert page.status_code == 200
        assert "Synthetic data" in page.content.decode()
        # A count would read a table that grows by a row a second.
        assert not [
            query for query in queries if "COUNT(" in query["sql"] and "bitcoin_" in query["sql"]
        ]
        change = reverse(f"admin:bitcoin_{name}_change", args=[row.pk])
        assert admin_client.get(change).status_code == 200
    assert admin_client.get(listed("secondsload")).status_code == 200
    assert admin_client.get(reverse("admin:bitcoin_second_add")).status_code == 403


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("2019-12-31 00:00:02", 2),
        ("2019-12-31T00:00:02Z", 2),
        ("x", 0),
        ("9999-12-31T23:59-23:00", 0),
    ],
)
def test_a_time_shows_what_was_before(admin_client: Client, said: str, found: int) -> None:
    page = admin_client.get(listed("second"), {"q": said})
    assert len(page.context["cl"].result_list) == found


def test_forecasts_are_told_apart_by_target(
    admin_client: Client, tell: Telling, ask: Asking
) -> None:
    ask(window("next_high"))
    tell(later())
    for target, count in (("next_high", 1), ("next_close", 0)):
        page = admin_client.get(listed("forecast"), {"target": target})
        assert len(page.context["cl"].result_list) == count
