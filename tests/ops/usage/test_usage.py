"""GET /api/usage/: is the service used, by whom, and how often does it fail."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from ops.usage import services
from ops.usage.models import CallerCount, Grain, RequestCount, RequestTotal
from predictions.keys.services import make_key

PREDICT = "/api/predict/"


@pytest.fixture
def counted(db: None) -> datetime:
    """Today and yesterday, as the web processes count them. Returns this hour."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    yesterday = hour - timedelta(days=1)
    RequestCount.objects.add(
        (Grain.HOUR.value, period, method, route, status, count)
        for period, method, route, status, count in (
            (hour, "POST", PREDICT, 200, 7),
            (hour, "POST", PREDICT, 422, 2),
            (hour, "GET", "(none)", 404, 1),
            (yesterday, "POST", PREDICT, 503, 4),
        )
    )
    CallerCount.objects.add(
        (period.date(), caller, "POST", PREDICT, status, count)
        for period, caller, status, count in (
            (hour, "key:crm", 200, 6),
            (hour, "192.0.2.7", 200, 1),
            (hour, "192.0.2.7", 422, 2),
            (yesterday, "192.0.2.7", 503, 4),
        )
    )
    return hour


def basic(user: User, password: str = "secret") -> dict[str, str]:
    shown = b64encode(f"{user.get_username()}:{password}".encode()).decode()
    return {"Authorization": f"Basic {shown}"}


def test_it_works(api: Client, counted: datetime) -> None:
    found = api.get("/api/usage/?days=2").json()
    assert (found["requests"], found["2xx"], found["4xx"], found["5xx"]) == (14, 7, 3, 4)
    assert found["statuses"] == {"200": 7, "404": 1, "422": 2, "503": 4}
    assert found["server_error_rate"] == pytest.approx(4 / 14, abs=1e-6)
    yesterday, today = found["days"]
    assert (yesterday["requests"], yesterday["server_error_rate"]) == (4, 1.0)
    assert today["day"] == counted.date().isoformat()
    first = today["endpoints"][0]
    assert (first["method"], first["endpoint"], first["requests"]) == ("POST", PREDICT, 9)
    assert "callers" not in found


def test_days_without_a_request_are_there(api: Client, db: None) -> None:
    found = api.get("/api/usage/").json()
    assert [day["requests"] for day in found["days"]] == [0] * 7
    assert (found["client_error_rate"], found["endpoints"]) == (0.0, [])


def test_one_endpoint_can_be_asked_for(api: Client, counted: datetime) -> None:
    found = api.get("/api/usage/", {"endpoint": "(none)"}).json()
    assert (found["requests"], found["statuses"]) == (1, {"404": 1})


def test_who_asks_is_shown_to_a_key_that_may_operate(api: Client, counted: datetime) -> None:
    secret = made_key("operate")
    found = api.get("/api/usage/", headers={"Authorization": f"Bearer {secret}"}).json()
    callers = {each["caller"]: each["statuses"] for each in found["callers"]}
    assert callers == {"192.0.2.7": {"200": 1, "422": 2, "503": 4}, "key:crm": {"200": 6}}
    assert found["more_callers"] == 0


def test_one_caller_can_be_asked_for(api: Client, counted: datetime) -> None:
    headers = {"Authorization": f"Bearer {made_key('operate')}"}
    found = api.get("/api/usage/", {"caller": "key:crm"}, headers=headers).json()
    assert (found["requests"], [each["caller"] for each in found["callers"]]) == (6, ["key:crm"])


def test_who_asks_is_shown_to_staff_with_the_permission(api: Client, counted: datetime) -> None:
    staff = User.objects.create_user("olga", password="secret", is_staff=True)
    assert "callers" not in api.get("/api/usage/", headers=basic(staff)).json()
    staff.user_permissions.add(Permission.objects.get(codename="view_callercount"))
    assert len(api.get("/api/usage/", headers=basic(staff)).json()["callers"]) == 2


def test_who_asks_is_shown_to_nobody_else(api: Client, counted: datetime) -> None:
    anonymous = api.get("/api/usage/?caller=key:crm")
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not-authenticated")
    headers = {"Authorization": f"Bearer {made_key('predict')}"}
    assert "callers" not in api.get("/api/usage/", headers=headers).json()
    refused = api.get("/api/usage/?caller=key:crm", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_every_fault_of_the_question_is_named(api: Client, db: None) -> None:
    response = api.get("/api/usage/?days=0&endpoint=&caller=a&caller=b&week=1")
    fields = [fault["field"] for fault in response.json()["errors"]]
    assert (response.status_code, fields) == (422, ["week", "days", "endpoint", "caller"])


@pytest.mark.parametrize("days", ["", "-1", "1.5", "91", "1" * 5000, "٣", "1&days=2"])
def test_wrong_days_are_refused(api: Client, db: None, days: str) -> None:
    assert api.get(f"/api/usage/?days={days}").status_code == 422


def test_minutes_are_read_while_they_are_kept_and_hours_before(counted: datetime) -> None:
    minute = counted - timedelta(hours=20) + timedelta(minutes=5)
    rows: list[Any] = [
        (Grain.MINUTE.value, minute, "GET", "/readyz", 200, 3),
        (Grain.MINUTE.value, minute + timedelta(minutes=1), "GET", "/readyz", 200, 5),
        (Grain.HOUR.value, minute.replace(minute=0), "GET", "/readyz", 200, 8),
    ]
    RequestCount.objects.add(rows)
    short = services.requests_between(start=minute, end=minute + timedelta(minutes=1))
    assert short == {services.Endpoint("GET", "/readyz"): {200: 3}}
    long = services.requests_between(start=minute - timedelta(days=30), end=counted)
    assert long[services.Endpoint("GET", "/readyz")] == {200: 8}
    assert long[services.Endpoint("POST", PREDICT)] == {503: 4}


def test_days_that_end_inside_an_hour_have_nothing_of_its_rest(counted: datetime) -> None:
    hour = counted - timedelta(hours=20)
    rows: list[Any] = [
        (Grain.HOUR.value, hour, "GET", "/readyz", 200, 8),
        (Grain.MINUTE.value, hour + timedelta(minutes=5), "GET", "/readyz", 200, 3),
        (Grain.MINUTE.value, hour + timedelta(minutes=6), "GET", "/readyz", 200, 5),
    ]
    RequestCount.objects.add(rows)
    end = hour + timedelta(minutes=6)
    found = services.requests_between(start=end - timedelta(days=30), end=end)
    assert found[services.Endpoint("GET", "/readyz")] == {200: 3}


def test_what_is_old_is_removed_and_the_totals_stay(counted: datetime, settings: Any) -> None:
    old = counted - timedelta(days=100)
    RequestCount.objects.add([(Grain.HOUR.value, old, "GET", "/readyz", 200, 1)])
    RequestCount.objects.add(
        [(Grain.MINUTE.value, counted - timedelta(days=3), "GET", "/readyz", 200, 1)]
    )
    CallerCount.objects.add([(old.date(), "192.0.2.9", "GET", "/readyz", 200, 1)])
    RequestTotal.objects.add([("GET", "/readyz", 200, 0.001, 2, 700)])
    assert services.remove_old_counts() == 3
    assert services.remove_old_counts() == 0
    assert RequestCount.objects.count() == 4
    assert CallerCount.objects.filter(caller="192.0.2.9").count() == 0
    assert RequestTotal.objects.get().count == 2


def made_key(*scopes: str) -> str:
    return make_key(name=f"may-{scopes[0]}", scopes=scopes, days=1, created_by="test").secret
