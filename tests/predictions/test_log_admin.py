"""The log in the admin: found by day, status, version, id, request and caller; never read whole."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from modelregistry.models import ModelVersion
from predictions.models import Prediction, Retention
from predictions.recording import record

from .rows import row_of

LIST = reverse("admin:predictions_prediction_changelist")
NOW = datetime.now(UTC)
AGES = {"now": 0, "yesterday": 1, "6 days": 6, "20 days": 20, "40 days": 40}


@pytest.fixture
def rows(active_version: ModelVersion) -> dict[str, str]:
    """Ids by age."""
    ids = {}
    for name, days in AGES.items():
        moment = NOW - timedelta(days=days)
        with connection.cursor() as cursor:
            cursor.execute("SELECT predictions_make_partition(%s)", [moment])
        row = row_of(moment, request_id=f"request {name}", caller=f"caller {name}")
        row.model_version_id = active_version.pk
        record(row)
        ids[name] = str(uuid.UUID(bytes=row.id))
    return ids


def listed(client: Client, rows: dict[str, str], **query: str) -> set[str]:
    page = client.get(LIST, query)
    assert page.status_code == 200, page
    text = page.content.decode()
    return {name for name, identity in rows.items() if identity in text}


def test_it_works(admin_client: Client, rows: dict[str, str]) -> None:
    """Whoever looks sees the last days."""
    assert listed(admin_client, rows) == {"now", "yesterday", "6 days"}


@pytest.mark.parametrize(
    ("day", "names"),
    [
        ("today", {"now"}),
        ("yesterday", {"yesterday"}),
        ("7", {"now", "yesterday", "6 days"}),
        ("30", set(AGES) - {"40 days"}),
        ("all", set(AGES)),
        (str((NOW - timedelta(days=40)).date()), {"40 days"}),
        ("2019-01-01", set()),
    ],
)
def test_a_day_is_chosen(
    admin_client: Client, rows: dict[str, str], day: str, names: set[str]
) -> None:
    assert listed(admin_client, rows, day=day) == names


def test_beside_a_day_stand_the_ones_before_and_after(
    admin_client: Client, rows: dict[str, str]
) -> None:
    text = admin_client.get(LIST, {"day": "2026-03-01"}).content.decode()
    assert "?day=2026-02-28" in text and "?day=2026-03-02" in text


@pytest.mark.parametrize("query", [{"day": "noday"}, {"day": "0"}, {"status": "x"}])
def test_what_is_no_day_or_status_leads_back(admin_client: Client, query: dict[str, str]) -> None:
    assert admin_client.get(LIST, query).url == f"{LIST}?e=1"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"status": "200"}, 3),
        ({"status": "422"}, 0),
        ({"status": "4xx"}, 0),
        ({"predictor": "homes"}, 3),
        ({"predictor": "horses"}, 0),
        ({"model_version__id__exact": "1000000"}, 0),
    ],
)
def test_the_other_filters_work(
    admin_client: Client, rows: dict[str, str], query: dict[str, str], count: int
) -> None:
    assert len(listed(admin_client, rows, **query)) == count


def test_one_versions_answers_are_found(
    admin_client: Client, rows: dict[str, str], active_version: ModelVersion
) -> None:
    query = {"model_version__id__exact": str(active_version.pk), "day": "all"}
    assert listed(admin_client, rows, **query) == set(AGES)


def test_a_column_without_an_index_is_no_filter(admin_client: Client) -> None:
    assert admin_client.get(LIST, {"created_at__year": "2026"}).status_code == 400


def test_an_id_and_a_request_are_found_however_old_they_are(
    admin_client: Client, rows: dict[str, str]
) -> None:
    for term in (rows["40 days"], "request 40 days"):
        assert listed(admin_client, rows, q=term) == {"40 days"}


def test_a_request_id_that_looks_like_an_id_is_found(
    admin_client: Client, rows: dict[str, str]
) -> None:
    row = row_of(NOW, request_id=uuid.uuid4().hex)
    record(row)
    identity = str(uuid.UUID(bytes=row.id))
    assert listed(admin_client, {"it": identity}, q=row.request_id) == {"it"}


def test_a_caller_is_found_within_the_last_days_or_the_chosen_ones(
    admin_client: Client, rows: dict[str, str]
) -> None:
    assert listed(admin_client, rows, q="caller 6 days") == {"6 days"}
    assert listed(admin_client, rows, q="caller 20 days") == set()
    assert listed(admin_client, rows, q="caller 20 days", day="30") == {"20 days"}


@pytest.mark.parametrize(
    "query", [{}, {"day": "today"}, {"q": "caller now"}, {"q": str(uuid.uuid4())}, {"p": "2"}]
)
def test_nothing_is_counted_and_every_query_goes_by_id(
    admin_client: Client, rows: dict[str, str], query: dict[str, str]
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        admin_client.get(LIST, query)
    ours = [found["sql"] for found in queries if "predictions_prediction" in found["sql"]]
    assert ours
    for statement in ours:
        assert "COUNT(" not in statement and "DISTINCT" not in statement
        assert '"id" >=' in statement or '"request_id" =' in statement, statement
        assert '"created_at" ' not in statement.split("WHERE")[1]


def test_a_page_shows_the_inputs_by_name(
    admin_client: Client, api: Client, home: dict[str, Any]
) -> None:
    body = api.post("/api/predict/", home, content_type="application/json").json()
    row = Prediction.objects.get(id=body["id"])
    page = admin_client.get(reverse("admin:predictions_prediction_change", args=[row.pk]))
    text = page.content.decode()
    for name, value in row.named_features.items():
        assert f"<div>{name}: {value}</div>" in text


def test_a_refused_requests_page_has_no_inputs(admin_client: Client, api: Client) -> None:
    api.post("/api/predict/", {}, content_type="application/json")
    row = Prediction.objects.get()
    page = admin_client.get(reverse("admin:predictions_prediction_change", args=[row.pk]))
    assert page.status_code == 200
    assert "invalid-input" in page.content.decode()


def test_what_was_dropped_is_listed_and_only_that(admin_client: Client) -> None:
    kept = Retention.objects.create(
        month=NOW.date(), rows=7654321, dropped_at=NOW, actor="the actor", database_user="me"
    )
    page = admin_client.get(reverse("admin:predictions_retention_changelist"))
    assert "the actor" in page.content.decode()
    address = reverse("admin:predictions_retention_change", args=[kept.pk])
    assert admin_client.get(address).status_code == 200
    assert admin_client.post(address, {"rows": 1}).status_code == 403
