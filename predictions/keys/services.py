"""Making and revoking keys. The command and the admin are doors to these."""

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from learning.fields import Fault
from predictions.errors import InvalidInput
from predictions.keys.errors import UnknownKey
from predictions.keys.models import SCOPES, ApiKey, digest_of

# So that one is known for a key wherever it turns up, in logs and in other people's code.
MARK = "vk_"
SECRET_BYTES = 32
SHOWN = len(MARK) + 6
MOST_DAYS = 3_650
MOST_PER_MINUTE = 1_000_000_000
NAME = (r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "1 to 100 letters, digits or ._-")


@dataclass(frozen=True, slots=True)
class MadeKey:
    key: ApiKey
    secret: str
    """Shown once: nobody can find it out again."""


def make_key(
    *,
    name: str,
    scopes: Collection[str],
    days: int,
    created_by: str,
    per_minute: int | None = None,
) -> MadeKey:
    """A new key that is good for so many days from now. Raises InvalidInput.

    `per_minute`: its limit, if not that of all (HOUSING_KEY_LIMIT); 0: none.
    """
    faults = []
    if not re.fullmatch(NAME[0], name):
        faults.append(Fault("name", "not as expected", NAME[1]))
    if not scopes or not set(scopes) <= set(SCOPES):
        faults.append(Fault("scopes", "none, or an unknown one", f"some of: {', '.join(SCOPES)}"))
    if not 1 <= days <= MOST_DAYS:
        faults.append(Fault("days", f"{days}", f"from 1 to {MOST_DAYS:,}"))
    if per_minute is not None and not 0 <= per_minute <= MOST_PER_MINUTE:
        faults.append(Fault("per_minute", f"{per_minute}", f"from 0 to {MOST_PER_MINUTE:,}"))
    if faults:
        raise InvalidInput(faults)
    secret = MARK + secrets.token_urlsafe(SECRET_BYTES)
    try:
        with transaction.atomic():
            key = ApiKey.objects.create(
                name=name,
                prefix=secret[:SHOWN],
                digest=digest_of(secret.encode()),
                scopes=[scope for scope in SCOPES if scope in scopes],
                created_by=created_by,
                expires_at=timezone.now() + timedelta(days=days),
                per_minute=per_minute,
            )
    except IntegrityError:
        fault = Fault("name", "taken, by a key that may be revoked", "a name that no key ever had")
        raise InvalidInput([fault]) from None
    return MadeKey(key=key, secret=secret)


def was_a_key_made() -> bool:
    """Whether the service was ever given one, good or not by now."""
    return ApiKey.objects.exists()


def all_keys() -> Sequence[ApiKey]:
    """Also those that are over. The newest first."""
    return list(ApiKey.objects.all())


def revoke_key(*, name: str) -> ApiKey:
    """From now on it opens nothing. Once revoked, it stays so. Raises UnknownKey."""
    found = ApiKey.objects.filter(name=name)
    if not found.update(revoked_at=Coalesce("revoked_at", Now())):
        raise UnknownKey(f"there is no key {name!r}")
    return found.get()
