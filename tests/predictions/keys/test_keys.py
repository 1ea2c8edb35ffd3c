"""What programs show instead of a password: made once, good for some things, ended at once."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from modelregistry.models import Activation, ModelVersion
from predictions.keys.models import ApiKey
from predictions.training.models import TrainingRun
from tests.predictions.versions.conftest import quick_passwords, second, staff

__all__ = ["quick_passwords", "second"]
JSON = "application/json"
ACTIVATE = "/api/models/homes/2/activate/"
Ask = Callable[..., Any]


def made(name: str = "deploy", *scopes: str, days: int = 30) -> str:
    """The secret."""
    out = StringIO()
    chosen = [f"--scope={scope}" for scope in scopes or ["operate"]]
    call_command("make_key", name, *chosen, days=days, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


@pytest.fixture
def ask(api: Client) -> Ask:
    def send(path: str, secret: str, scheme: str = "Bearer") -> Any:
        headers = {"Authorization": f"{scheme} {secret}"}
        return api.post(path, "", content_type=JSON, headers=headers)

    return send


def refused(response: Any, status: int, code: str) -> str:
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
    return str(response.json()["detail"])


def test_it_works(ask: Ask, second: ModelVersion) -> None:
    response = ask(ACTIVATE, made())
    assert (response.status_code, response.json()["to"]) == (200, 2)
    assert Activation.objects.latest("id").actor == "key:deploy (API)"


def test_a_key_trains_and_the_run_names_it(ask: Ask) -> None:
    response = ask("/api/models/homes/train/", made("nightly", "train", "batch"))
    assert response.status_code == 202
    assert TrainingRun.objects.latest("id").requested_by == "key:nightly"


def test_the_secret_is_kept_nowhere(db: None) -> None:
    secret = made()
    key = ApiKey.objects.values().get()
    assert len(secret) > 40
    assert not any(secret in str(value) for value in key.values())
    assert secret.startswith(key["prefix"]) and len(key["prefix"]) < 10


def test_a_key_without_the_scope_is_told_which(ask: Ask, second: ModelVersion) -> None:
    response = ask(ACTIVATE, made("others", "predict", "batch", "train"))
    assert "the scope operate" in refused(response, 403, "forbidden")


@pytest.mark.parametrize("secret", ["", "vk_", "x" * 5000, "a b", "\x00", "café"])
def test_a_wrong_key_opens_nothing(ask: Ask, second: ModelVersion, secret: str) -> None:
    made()
    response = ask(ACTIVATE, secret)
    refused(response, 401, "not-authenticated")
    assert 'Bearer realm="valuation service"' in response["WWW-Authenticate"]


def test_a_key_expires(ask: Ask, second: ModelVersion) -> None:
    secret = made()
    day = timezone.now() - timedelta(days=31)
    ApiKey.objects.update(created_at=day, expires_at=day + timedelta(days=30))
    assert "expired" in refused(ask(ACTIVATE, secret), 401, "not-authenticated")


def test_a_revoked_key_opens_nothing_and_stays_revoked(ask: Ask, second: ModelVersion) -> None:
    secret = made()
    call_command("revoke_key", "deploy", stdout=StringIO())
    first = ApiKey.objects.get().revoked_at
    assert "revoked" in refused(ask(ACTIVATE, secret), 401, "not-authenticated")
    call_command("revoke_key", "deploy", stdout=StringIO())
    assert ApiKey.objects.get().revoked_at == first
    with pytest.raises(CommandError, match="no key 'other'"):
        call_command("revoke_key", "other")


def test_what_names_no_scope_is_for_staff_alone(ask: Ask) -> None:
    response = ask("/api/models/homes/", made("all", "predict", "batch", "train", "operate"))
    assert "no key" in refused(response, 403, "forbidden")


def test_a_key_is_no_password(ask: Ask, second: ModelVersion) -> None:
    refused(ask(ACTIVATE, made(), scheme="Token"), 401, "not-authenticated")


def test_staff_go_in_as_ever(api: Client, second: ModelVersion) -> None:
    headers = staff("olga", "change_modelversion")
    assert api.post(ACTIVATE, "", content_type=JSON, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("name", "days", "why"),
    [("two words", 30, "name"), ("", 30, "name"), ("a", 0, "days"), ("a", 4000, "days")],
)
def test_a_key_that_cannot_be_made_says_why(db: None, name: str, days: int, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        made(name, days=days)


def test_no_name_is_given_twice(db: None) -> None:
    made()
    call_command("revoke_key", "deploy", stdout=StringIO())
    with pytest.raises(CommandError, match="name"):
        made()


@pytest.mark.parametrize("scopes", [[], ["admin"], ["train", "admin"], [None]])
def test_the_database_knows_the_scopes(db: None, scopes: list[Any]) -> None:
    made()
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.update(scopes=scopes)


def test_the_admin_revokes_and_shows_no_hash(client: Client, db: None) -> None:
    made()
    key = ApiKey.objects.get()
    client.force_login(User.objects.create_superuser("root"))
    assert "good" in client.get("/admin/keys/apikey/").text
    assert key.digest not in client.get(f"/admin/keys/apikey/{key.pk}/change/").text
    assert client.get("/admin/keys/apikey/add/").status_code == 403
    choice = {"action": "revoke", "_selected_action": [key.pk]}
    page = client.post("/admin/keys/apikey/", choice, follow=True).text
    assert "They open nothing any more." in page and key.digest not in page
    assert ApiKey.objects.get().revoked_at is not None


def test_who_may_only_look_revokes_nothing(client: Client, db: None) -> None:
    made()
    staff("vera", "view_apikey")
    client.force_login(User.objects.get(username="vera"))
    choice = {"action": "revoke", "_selected_action": [ApiKey.objects.get().pk]}
    client.post("/admin/keys/apikey/", choice, follow=True)
    assert ApiKey.objects.get().revoked_at is None


def test_openapi_names_the_scope_of_each_operation(api: Client) -> None:
    document = api.get("/api/schema/?format=json").json()
    assert document["components"]["securitySchemes"]["bearerAuth"]["scheme"] == "bearer"
    paths = document["paths"]
    activate = paths["/api/models/{predictor}/{version}/activate/"]["post"]["security"]
    assert {"bearerAuth": ["operate"]} in activate
    assert {"basicAuth": ["modelregistry.change_modelversion"]} in activate
    train = paths["/api/models/{predictor}/train/"]["post"]["security"]
    assert {"bearerAuth": ["train"]} in train
    upload = paths["/api/models/{predictor}/"]["post"]["security"]
    assert all("bearerAuth" not in way for way in upload)


def test_keys_are_listed_with_what_operators_look_for(db: None) -> None:
    made("crm", "predict", "batch")
    call_command("make_key", "small", "--scope=predict", per_minute=60, stdout=StringIO())
    call_command("make_key", "free", "--scope=predict", per_minute=0, stdout=StringIO())
    made("former")
    call_command("revoke_key", "former", stdout=StringIO())

    def listed(*arguments: str) -> list[str]:
        out = StringIO()
        call_command("list_keys", *arguments, stdout=out)
        return out.getvalue().splitlines()

    head, *rows = listed()
    assert head.split()[:3] == ["name", "begins", "state"]
    assert [row.split()[0] for row in rows] == ["free", "small", "crm"]
    assert "any number" in rows[0] and " 60 " in rows[1] and "as all" in rows[2]
    assert "predict,batch" in rows[2] and "never" in rows[2]
    assert any("revoked" in row for row in listed("--all"))


def test_a_limit_that_cannot_be_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="per_minute"):
        call_command("make_key", "a", "--scope=predict", per_minute=-1, stderr=StringIO())
