"""Where audit rows go: to this process's writer, or into the transaction at hand."""

from django.conf import settings
from django.db import connection, transaction
from psycopg import pq
from psycopg.errors import error_from_result

from predictions.audit import FORMATS, TYPES, AuditRow, insert_statement
from predictions.writer import AuditWriter

_writer: AuditWriter | None = None


def start_writer() -> None:
    """For a process that answers requests, after it was forked."""
    global _writer
    known = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port", "options", "application_name")
    parameters = {name: known[name] for name in names if name in known} | {
        name: value
        for name, value in settings.DATABASES["default"]["OPTIONS"].items()
        if name != "connect_timeout"
    }
    _writer = AuditWriter(parameters, settings.AUDIT_SECONDS)


def record(row: AuditRow) -> None:
    """Return when the row is committed. Raises DatabaseUnavailable, InternalError.

    Outside a web process it is committed with the transaction around it, if there is one; raises
    then what the database raises.
    """
    if _writer is not None:
        _writer.write(row.parameters())
        return
    with transaction.atomic():
        wire = connection.connection.pgconn
        result = wire.exec_params(insert_statement(1), row.parameters(), TYPES, FORMATS)
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise error_from_result(result)
