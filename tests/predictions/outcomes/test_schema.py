"""What OpenAPI says of outcomes and accuracy, and their pages in the admin."""

from typing import Any

import pytest
from django.test import Client

from predictions.outcomes.models import Outcome, OutcomeRevision
from predictions.outcomes.schemas import SCHEMAS
from tests.predictions.outcomes.conftest import Post
from tests.predictions.versions.test_schema import faults


@pytest.fixture
def schema(api: Client) -> dict[str, Any]:
    return dict(api.get("/api/schema/?format=json").json())


def test_it_works(schema: dict[str, Any], api: Client, post: Post, answer: dict[str, Any]) -> None:
    """Answers are what it says."""
    sold = {"id": answer["id"], "actual": 437_500, "date": "2026-05-01"}
    assert faults(schema, "ReportedOutcome", sold) == []
    for body in (sold, [sold, {"id": "x"}]):
        assert faults(schema, "OutcomesRecorded", post(body).json()) == []
    for by in ("version", "zipcode", "month", "price_band"):
        found = api.get(f"/api/accuracy/?by={by}").json()
        assert faults(schema, "Accuracy", found) == []
        assert (
            found["overall"].keys()
            == schema["components"]["schemas"]["AccuracyFigures"]["properties"].keys()
        )


@pytest.mark.parametrize("name", SCHEMAS)
def test_examples_are_what_the_schema_says(schema: dict[str, Any], name: str) -> None:
    for example in schema["components"]["schemas"][name].get("examples", []):
        assert faults(schema, name, example) == []


def test_the_admin_shows_outcomes_and_changes_nothing(
    admin_client: Client, post: Post, answer: dict[str, Any]
) -> None:
    for price in (437_500, 440_000):
        post({"id": answer["id"], "actual": price, "date": "2026-05-01"})
    outcome = Outcome.objects.get()
    pages = "/admin/outcomes/outcome/", "/admin/outcomes/outcomerevision/"
    for page in pages:
        assert "440,000.00" in admin_client.get(page).content.decode()
    page = admin_client.get(f"{pages[0]}{outcome.pk}/change/").content.decode()
    assert "437500.0" in page
    assert admin_client.get(f"{pages[0]}?q={answer['id']}").status_code == 200
    assert admin_client.get(f"{pages[0]}add/").status_code == 403
    assert admin_client.post(f"{pages[0]}{outcome.pk}/delete/").status_code == 403
    assert OutcomeRevision.objects.count() == 2
