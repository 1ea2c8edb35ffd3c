"""One who asked is forgotten wherever the service knows callers (docs/personal-data.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from django.db import transaction

from ops.usage import services as usage
from predictions.batches import services as batches
from predictions.erasing import erase_in_log
from predictions.idempotency import services as idempotency
from predictions.logins import services as logins
from predictions.traffic import services as traffic

USER = "user:"


@dataclass(frozen=True, slots=True)
class Forgotten:
    name: str
    """What stands in its place."""
    rows: Mapping[str, int]
    """By what they are."""


def forget_caller(*, caller: str, actor: str) -> Forgotten:
    """All or nothing. `caller` is an address, `key:NAME` or `user:NAME`, as the log shows it.

    Raises CannotErase.
    """
    with transaction.atomic():
        erased = erase_in_log(caller=caller, actor=actor)
        rows = {
            "requests in the log": erased.rows,
            "files": batches.rename_caller(caller=caller, name=erased.name),
            "counts of requests": usage.rename_caller(caller=caller, name=erased.name),
            "kept answers, removed": idempotency.forget_caller(caller=caller),
            "failed logins, removed": logins.forget_attempts(
                name=caller.removeprefix(USER) if caller.startswith(USER) else None,
                address=address_in(caller),
            ),
        }
        # Traffic follows the numbers of transactions: rows that were changed would count twice
        # (docs/decisions/0016), and its own rows have the caller too.
        traffic.count_again()
    return Forgotten(erased.name, rows)


def address_in(caller: str) -> str | None:
    try:
        return str(ip_address(caller))
    except ValueError:
        return None
