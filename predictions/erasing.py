"""A caller is made unknown in the log, and that it was is kept (`models.Erasure`)."""

from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction
from psycopg import errors

CALLER_LENGTH = 150


class CannotErase(Exception):
    """One line that says why; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Erased:
    name: str
    """What stands in the place of the caller from now on. It says of equal rows that they are of
    one caller, and nothing of who it was."""
    rows: int


def erase_in_log(*, caller: str, actor: str) -> Erased:
    """Questions and answers stay as they were. Raises CannotErase: only the owner may."""
    if not 0 < len(caller) <= CALLER_LENGTH or "\x00" in caller:
        raise CannotErase(f"a caller has 1 to {CALLER_LENGTH} characters, as the log shows it")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT erasure, changed FROM predictions_erase_caller(%s, %s)",
                [caller, actor[:150]],
            )
            erasure, rows = cursor.fetchone()
    except DatabaseError as error:
        if isinstance(error.__cause__, errors.InsufficientPrivilege):
            raise CannotErase("only the owner of the log may change it") from error
        if isinstance(error.__cause__, errors.InvalidParameterValue):
            raise CannotErase(f"{caller} is erased already") from error
        raise
    return Erased(name=f"erased:{erasure}", rows=rows)
