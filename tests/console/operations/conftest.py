from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.test import Client

from .operated import operated
from .reading import Ask, Shown, login

WINDOWS = ("1h", "24h", "30d")


@pytest.fixture(scope="package")
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[psycopg.Connection[Any]]:
    with operated(django_db_blocker) as database:
        yield database


@pytest.fixture(scope="package")
def ask(database: psycopg.Connection[Any]) -> Ask:
    return lambda query, *values: database.execute(query, values).fetchall()


@pytest.fixture(scope="package")
def operator(database: psycopg.Connection[Any]) -> Client:
    return login("olga", is_staff=True, is_superuser=True)


@pytest.fixture(scope="package", params=WINDOWS)
def shown(operator: Client, request: pytest.FixtureRequest) -> Shown:
    return Shown(operator, request.param)


@pytest.fixture(scope="package")
def day(operator: Client) -> Shown:
    return Shown(operator, "24h")
