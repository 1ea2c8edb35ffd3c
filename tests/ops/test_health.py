import pytest
from django.test import Client

from modelregistry.models import ModelVersion
from predictors.homes.models import ZipcodeDemographics


def test_it_works(api: Client) -> None:
    assert api.get("/livez").json() == {"status": "live"}
    assert api.get("/readyz").json() == {"status": "ready"}


def test_without_an_active_model_it_is_live_but_not_ready(api: Client) -> None:
    ModelVersion.objects.update(is_active=False)
    response = api.get("/readyz")
    assert response.status_code == 503
    assert "homes.model: no version of homes is active" in response.json()["detail"]
    assert api.get("/livez").status_code == 200


def test_without_demographics_it_is_not_ready(api: Client) -> None:
    ZipcodeDemographics.objects.all().delete()
    response = api.get("/readyz")
    assert response.status_code == 503
    assert response.json()["detail"] == "homes.data: no demographics are loaded"


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_every_response_has_a_request_id(api: Client, path: str) -> None:
    assert api.get(path, headers={"X-Request-ID": "probe:1"})["X-Request-ID"] == "probe:1"
    assert len(api.get(path)["X-Request-ID"]) == 32
