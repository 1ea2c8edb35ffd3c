"""From a PostgreSQL URL to Django's DATABASES entry."""

from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def database_from_url(url: str) -> dict[str, Any]:
    """Parse as libpq does, so that every spelling psql accepts works here (sockets, sslmode)."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured("DATABASE_URL: only postgresql://… is supported")
    try:
        parameters = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {error}") from error
    # A peer that vanished without a word is noticed within seconds, not after a quarter of an hour.
    options: dict[str, Any] = {
        "connect_timeout": 5,
        "application_name": "housing",
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
    }
    database: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        # A request waits for its audit row, not for a new connection; a health check per request
        # lets the service come back by itself after the database restarted.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
    for key, value in parameters.items():
        if key in _NAMES:
            database[_NAMES[key]] = str(value)
        else:
            options[key] = value
    return database
