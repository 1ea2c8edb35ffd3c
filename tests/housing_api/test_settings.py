"""Settings are read strictly: what cannot be read stops the start and says why."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from housing_api.databases import database_from_url
from housing_api.environment import Environment
from modelregistry.models import artifact_storage


def test_it_works() -> None:
    environment = Environment({"HOUSING_PROXIES": "2", "HOUSING_ALLOWED_HOSTS": "a.example, b"})
    assert environment.number("HOUSING_PROXIES") == 2
    assert environment.names("HOUSING_ALLOWED_HOSTS") == ["a.example", "b"]
    assert environment.flag("HOUSING_HTTPS") is True
    assert environment.text("HOUSING_MODE") == "local"


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"HOUSING_MODE": "staging"}, "accepted are local, production"),
        ({"HOUSING_PROXIES": "two"}, "a whole number"),
        ({"HOUSING_BATCH_CHUNK": "0"}, "a whole number, 1 or more"),
        ({"HOUSING_BATCH_ROWS": "0"}, "a whole number, 1 or more"),
        ({"DATABASE_URL": "sqlite:///db"}, "only postgresql://"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"HOUSING_SECRET_KEY": ""}, "HOUSING_SECRET_KEY is not set"),
        ({"HOUSING_MODE": "production", "HOUSING_SECRET_KEY": "short"}, "at least 50 characters"),
        (
            {
                "HOUSING_MODE": "production",
                "HOUSING_SECRET_KEY": "x" * 50,
                "HOUSING_HTTPS": "maybe",
            },
            "true or false",
        ),
    ],
)
def test_what_cannot_be_read_stops_the_start(variables: dict[str, str], reason: str) -> None:
    start = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert start.returncode != 0
    assert reason in start.stderr


def test_a_database_url_may_name_a_socket_and_options() -> None:
    database = database_from_url("postgresql://me@/housing?host=%2Ftmp%2Fpg&sslmode=require")
    assert (database["USER"], database["NAME"], database["HOST"]) == ("me", "housing", "/tmp/pg")
    assert database["OPTIONS"]["sslmode"] == "require"


def test_an_unreadable_database_url_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        database_from_url("postgresql://[::1/housing")


def test_everything_the_service_writes_is_under_its_own_folder() -> None:
    assert Path(artifact_storage().path("")).resolve().parent == settings.VAR.resolve()
