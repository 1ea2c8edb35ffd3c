"""How long one question to the database may take."""

from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def limit_statements() -> None:
    """In a process that answers requests: what takes longer is ended, and answered 503.

    So a question about very many rows costs its asker the answer, not everybody the database.
    Commands and workers may take their time.
    """
    if settings.STATEMENT_SECONDS:
        connection_created.connect(_limit, dispatch_uid=__name__)


def _limit(connection: BaseDatabaseWrapper, **_: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, false)", [f"{settings.STATEMENT_SECONDS}s"]
        )
