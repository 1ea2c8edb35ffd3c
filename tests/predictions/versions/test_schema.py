"""What OpenAPI says of /api/models/…."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from modelregistry.models import ModelVersion
from predictions.versions.schemas import SCHEMAS
from tests.predictions.versions.conftest import Post

ROUTES = {
    "/api/models/": {"get"},
    "/api/models/{predictor}/": {"get", "post"},
    "/api/models/{predictor}/serving/": {"get"},
    "/api/models/{predictor}/rollback/": {"post"},
    "/api/models/{predictor}/{version}/": {"get"},
    "/api/models/{predictor}/{version}/activate/": {"post"},
}


@pytest.fixture
def schema(api: Client) -> dict[str, Any]:
    return dict(api.get("/api/schema/?format=json").json())


def faults(schema: dict[str, Any], name: str, value: Any) -> list[str]:
    reference = {"$ref": f"#/components/schemas/{name}", "components": schema["components"]}
    return [error.message for error in Draft202012Validator(reference).iter_errors(value)]


def test_it_works(schema: dict[str, Any]) -> None:
    """Whoever writes says who it is; whoever reads does not."""
    assert set(schema["components"]["securitySchemes"]) == {"basicAuth", "cookieAuth", "bearerAuth"}
    for path, operations in schema["paths"].items():
        assert ROUTES.get(path, operations.keys()) == operations.keys()
        for method, operation in operations.items():
            guarded = {"401", "403"} <= operation["responses"].keys()
            assert guarded == (method == "post") or path not in ROUTES, path
            # And a program with an API key, where there is a scope for it.
            said = [one for one in operation.get("security", []) if "bearerAuth" not in one]
            if {} in said:  # open to all; who says who it is may see more
                assert method == "get", path
                said.remove({})
            if not guarded:
                assert said == [], path
                continue
            permissions = said[0]["basicAuth"]
            assert said == [{"basicAuth": permissions}, {"cookieAuth": permissions}], path
            assert permissions or path not in ROUTES
            for permission in permissions:
                app, _, name = permission.partition(".")
                assert Permission.objects.filter(content_type__app_label=app, codename=name), path
    assert ROUTES.keys() <= schema["paths"].keys()


def test_a_reason_may_be_left_out_and_an_upload_may_not(schema: dict[str, Any]) -> None:
    paths = schema["paths"]
    assert paths["/api/models/{predictor}/rollback/"]["post"]["requestBody"]["required"] is False
    assert paths["/api/models/{predictor}/"]["post"]["requestBody"]["required"] is True


@pytest.mark.parametrize("name", SCHEMAS)
def test_examples_are_what_the_schema_says(schema: dict[str, Any], name: str) -> None:
    for example in schema["components"]["schemas"][name].get("examples", []):
        assert faults(schema, name, example) == []


def test_answers_have_exactly_the_members_of_their_schemas(
    schema: dict[str, Any], api: Client, post: Post, second: ModelVersion
) -> None:
    switched = post("homes/2/activate/").json()
    for name, body in {
        "Switched": switched,
        "ModelSummary": switched["version"],
        "Predictors": api.get("/api/models/").json(),
        "Versions": api.get("/api/models/homes/").json(),
        "ModelDetail": api.get("/api/models/homes/2/").json(),
        "Serving": api.get("/api/models/homes/serving/").json(),
        "Activation": api.get("/api/models/homes/").json()["history"][0],
    }.items():
        assert faults(schema, name, body) == []
        assert body.keys() == schema["components"]["schemas"][name]["properties"].keys(), name
