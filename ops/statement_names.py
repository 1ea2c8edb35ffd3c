"""PostgreSQL's log, and `pg_stat_activity`, say for which request a statement was made.

By `application_name`, which is set before the first statement of a request on a connection, or of
a task in a worker. The audit rows of questions do not come this way: several requests share one
statement (`predictions.link`).
"""

from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg import pq, sql
from structlog.contextvars import get_contextvars

# PostgreSQL cuts names (NAMEDATALEN); it reports what it has kept, and we compare with that.
LONGEST = 63
_CAN_BE_NAMED = (pq.TransactionStatus.IDLE, pq.TransactionStatus.INTRANS)

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def name_statements(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Of a new connection (Django's signal `connection_created`)."""
    if _named not in connection.execute_wrappers:
        # Before any other: whoever puts one at the end for a while takes the last one away.
        connection.execute_wrappers.insert(0, _named)


def _named(
    execute: Execute, statement: str, parameters: Any, many: bool, context: dict[str, Any]
) -> Any:
    connection: DatabaseWrapper = context["connection"]
    wire = connection.connection.pgconn
    name = _name_for(connection)
    # As the server says it: a transaction that is rolled back takes the name with it.
    is_known = wire.parameter_status(b"application_name") == name.encode()
    if not is_known and wire.transaction_status in _CAN_BE_NAMED:
        with connection.wrap_database_errors:
            connection.connection.execute(sql.SQL("SET application_name = {}").format(name))
    return execute(statement, parameters, many, context)


def _name_for(connection: DatabaseWrapper) -> str:
    """The id of the request, else of the task; without either the name of all connections."""
    plain = str(connection.settings_dict["OPTIONS"]["application_name"])
    marks = get_contextvars()
    mark = marks.get("request_id") or marks.get("task_id")
    return (f"{plain} {mark}" if mark else plain)[:LONGEST]
