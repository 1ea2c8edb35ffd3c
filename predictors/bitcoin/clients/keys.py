"""The key that a command shows to the service."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser

from predictions.keys.services import make_key, revoke_key

logger = logging.getLogger(__name__)

SCOPE = "train"
DAYS = 30
"""If the process is killed. Its secret was nowhere else than in that process."""


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
