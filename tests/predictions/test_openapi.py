from typing import Any

from django.core.management import call_command
from django.test import Client
from drf_spectacular.validation import validate_schema

from modelregistry.models import ModelVersion
from predictors.homes.ml.schema import HOME_COLUMNS


def schema(api: Client) -> dict[str, Any]:
    return dict(api.get("/api/schema/?format=json").json())


def test_it_works(api: Client) -> None:
    found = schema(api)
    assert found["openapi"].startswith("3.1")
    validate_schema(found)  # type: ignore[no-untyped-call]
    assert {"/api/predict/", "/api/predict/minimal/", "/livez", "/readyz"} <= found["paths"].keys()
    full = found["components"]["schemas"]["HomesRequest"]
    assert full["required"] == list(HOME_COLUMNS)
    assert full["additionalProperties"] is False
    assert full["properties"]["bedrooms"]["maximum"] == 50
    assert full["examples"][0]["zipcode"] == "98118"


def test_it_says_plainly_that_the_data_is_synthetic(api: Client) -> None:
    info = schema(api)["info"]
    assert "SYNTHETIC" in info["description"]
    assert info["x-data"] == "synthetic"


def test_the_minimal_request_follows_the_active_model(api: Client) -> None:
    minimal = schema(api)["components"]["schemas"]["HomesMinimalRequest"]
    assert "grade" not in minimal["properties"]
    ModelVersion.objects.update(is_active=False)
    everything = schema(api)["components"]["schemas"]["HomesMinimalRequest"]
    assert "grade" in everything["properties"]


def test_every_operation_documents_its_errors_as_problems(api: Client) -> None:
    for path, operations in schema(api)["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], path
                assert response["description"], (path, status)


def test_the_documentation_is_served_without_the_internet(api: Client) -> None:
    page = api.get("/api/docs/").content.decode()
    assert "swagger-ui" in page
    assert "https://" not in page.replace("https://www.w3.org", "")


def test_the_schema_command_finds_nothing_to_warn_of(capsys: Any, db: None) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True)
    assert "openapi: 3.1" in capsys.readouterr().out
