"""Databases of this benchmark's own, dropped at its end."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "data" / "sample"


class Databases:
    """Made on the server of `url`; two objects with one prefix see the same ones."""

    def __init__(self, url: str, prefix: str = "") -> None:
        self._url = url
        self.prefix = prefix or f"benchmark_{secrets.token_hex(4)}"
        self._names: list[str] = []
        self._server = psycopg.connect(url, autocommit=True)

    def make(self, name: str, template: str | None = None) -> str:
        """The new database's URL; a copy of another one of ours, if named."""
        full = f"{self.prefix}_{name}"
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(full))
        if template is not None:
            source = sql.Identifier(f"{self.prefix}_{template}")
            statement += sql.SQL(" TEMPLATE {}").format(source)
        self._server.execute(statement)
        self._names.append(name)
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{full}"))

    def drop(self, name: str) -> None:
        full = sql.Identifier(f"{self.prefix}_{name}")
        self._server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(full))
        self._names.remove(name)

    def settle(self) -> None:
        """What was written is on disk: no run pays for the one before."""
        self._server.execute("CHECKPOINT")

    def drop_all(self) -> None:
        for name in list(self._names):
            self.drop(name)
        self._server.close()


@contextmanager
def databases(url: str) -> Iterator[Databases]:
    found = Databases(url)
    try:
        yield found
    finally:
        found.drop_all()


def manage(url: str, *arguments: str, show: bool = False) -> str:
    """manage.py on that database, as bin/up runs it on the sample; what it prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "HOUSING_DATA": str(SAMPLE)},
        stdout=None if show else subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout or ""


def parameters(url: str) -> dict[str, Any]:
    """As `AuditWriter` takes them."""
    return dict(conninfo_to_dict(url))
