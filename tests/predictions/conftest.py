import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


@dataclass(frozen=True, slots=True)
class OwnDatabase:
    """For what tests have to commit: a copy of the tests' database, with its model and data."""

    url: str
    roles: list[str] = field(default_factory=list)
    """Dropped after it: until then they have rights in it."""

    @property
    def parameters(self) -> dict[str, Any]:
        """As `AuditWriter` takes them."""
        return dict(conninfo_to_dict(self.url))

    def connect(self, **other: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True, **other)

    def manage(self, *arguments: str, **other: str) -> subprocess.CompletedProcess[str]:
        """manage.py as an operator runs it; `other` is for its environment."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": self.url, **other},
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture(scope="session")
def own_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[OwnDatabase]:
    with copied_database(django_db_blocker) as database:
        yield database


@contextmanager
def copied_database(django_db_blocker: Any) -> Iterator[OwnDatabase]:
    name = f"own_{secrets.token_hex(4)}"
    outer = os.environ["DATABASE_URL"]
    with django_db_blocker.unblock():
        template = str(connection.settings_dict["NAME"])
        connection.close()  # nobody may use the database that is copied
    with psycopg.connect(outer, autocommit=True) as server:
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        server.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
        database = OwnDatabase(urlunsplit(urlsplit(outer)._replace(path=f"/{name}")))
        yield database
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        server.execute(drop.format(sql.Identifier(name)))
        for role in database.roles:
            server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
