"""The database that the settings name, and the programs of PostgreSQL that copy it."""

import os
import re
import subprocess
from typing import Any

import psycopg
from django.db import connection
from psycopg import pq

NAME = "housing backup"


class NoProgram(Exception):
    """One of PostgreSQL's programs is missing, or too old for the server."""


def parameters() -> dict[str, str]:
    """libpq's own, of the database in the settings. Without limits meant for requests."""
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    wanted = connection.get_connection_params()
    return {
        name: str(value)
        for name, value in wanted.items()
        if name in known and name != "tcp_user_timeout" and value is not None
    } | {"application_name": NAME}


def connected() -> psycopg.Connection[Any]:
    """With nothing that would end a long transaction. Raises psycopg.Error."""
    found = psycopg.connect(**parameters(), autocommit=True)  # type: ignore[arg-type]
    found.execute(
        "SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; "
        "SET lock_timeout = 0"
    )
    return found


def environment() -> dict[str, str]:
    """For the programs: the password must not stand among their arguments, which all can read."""
    names = {
        option.keyword.decode(): option.envvar.decode()
        for option in pq.Conninfo.get_defaults()
        if option.envvar
    }
    found = parameters()
    return {**os.environ, **{names[key]: value for key, value in found.items() if key in names}}


def major_of(server: psycopg.Connection[Any]) -> int:
    return server.info.server_version // 10_000


def check_program(name: str, *, at_least: int) -> None:
    """Raises NoProgram. `at_least`: a major version of PostgreSQL."""
    try:
        said = subprocess.run([name, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoProgram(
            f"{name} cannot be run ({error}): install the client programs of PostgreSQL {at_least}"
        ) from error
    found = re.search(r"\d+", said.stdout)
    if found is None or int(found[0]) < at_least:
        raise NoProgram(
            f"{said.stdout.strip()} cannot handle a dump of PostgreSQL {at_least}: install the "
            f"client programs of PostgreSQL {at_least} or newer, and name them first in PATH"
        )


def start(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def fault_of(process: subprocess.Popen[str]) -> str:
    """When it has ended: empty if all went well, else its last words."""
    _, said = process.communicate()
    if process.returncode == 0:
        return ""
    return " ".join(said.split())[-1_000:] or f"exit code {process.returncode}"
