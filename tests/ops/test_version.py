from django.conf import settings
from django.test import Client

from modelregistry.models import ModelVersion


def test_it_works(api: Client, active_version: ModelVersion) -> None:
    found = api.get("/api/version/").json()
    assert (found["api_version"], found["revision"]) == (settings.API_VERSION, settings.REVISION)
    models = {each["predictor"]: each["model"] for each in found["predictors"]}
    assert models["homes"]["version"] == active_version.version
    assert models["homes"]["digest"] == active_version.digest
    assert models["homes"]["since"] is not None


def test_a_predictor_without_an_active_version_has_no_model(api: Client, db: None) -> None:
    ModelVersion.objects.active("homes").update(is_active=False)
    found = api.get("/api/version/").json()
    models = {each["predictor"]: each["model"] for each in found["predictors"]}
    assert models["homes"] is None
    assert models["bitcoin"] is not None
