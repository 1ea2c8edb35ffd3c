"""Which service a command talks to, and the key that it shows to it."""

import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser

from django.conf import settings

from predictions.keys.services import make_key, revoke_key

URL = "http://127.0.0.1:8000"
SCOPE = "train"
DAYS = 30
"""If the process is killed. Its secret was nowhere else than in that process."""


def add_service_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--url", default=URL, help=f"of the service; default: {URL}")
    parser.add_argument(
        "--key",
        default=settings.CLIENT_KEY,
        help=f"an API key with the scope {SCOPE}; default: HOUSING_KEY, else one of its own, "
        "which is revoked at the end",
    )


@contextmanager
def key_or_own(given: str, *, purpose: str) -> Iterator[str]:
    """The given one; if none is, one of its own, which is revoked at the end.

    Its own is in the database of this environment, and good only for a service that has the same.
    """
    if given:
        yield given
        return
    made = make_key(
        name=f"{purpose}-{secrets.token_hex(4)}",
        scopes=[SCOPE],
        days=DAYS,
        created_by=f"{getuser()} (command)",
    )
    try:
        yield made.secret
    finally:
        revoke_key(name=made.key.name)
