"""Where audit rows go: to a writer of this process, or into the transaction at hand."""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from psycopg import Error, pq
from psycopg.errors import CheckViolation, error_from_result

from predictions.audit import (
    COPY,
    COPY_BEGINS,
    COPY_ENDS,
    FORMATS,
    TYPES,
    AuditRow,
    copied,
    insert_statement,
)
from predictions.errors import InternalError
from predictions.link import in_short
from predictions.waiting import Waiting
from predictions.writer import AuditWriter

logger = logging.getLogger(__name__)


class Loop(Waiting, Protocol):
    def is_inside(self) -> bool:
        """Whether the caller runs in this loop, and so waits in its way."""


_writer: AuditWriter | None = None
_loop: Loop | None = None
_writer_in_loop: AuditWriter | None = None


def start_writing(loop: Loop | None = None) -> None:
    """For a process that answers requests, after it was forked: in threads, and in a `loop`."""
    global _writer, _loop, _writer_in_loop
    known = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port", "options", "application_name")
    parameters = {name: known[name] for name in names if name in known} | {
        name: value
        for name, value in settings.DATABASES["default"]["OPTIONS"].items()
        if name != "connect_timeout"
    }
    _writer = AuditWriter(parameters, settings.AUDIT_SECONDS)
    if loop is not None:
        _loop, _writer_in_loop = loop, AuditWriter(parameters, settings.AUDIT_SECONDS, loop)


def record(row: AuditRow) -> None:
    """Return when the row is committed. Raises DatabaseUnavailable, InternalError.

    In a thread's own transaction it is committed with that, and outside a web process by itself;
    raises Django's OperationalError then, if the database is away.
    """
    if _loop is not None and _loop.is_inside():
        assert _writer_in_loop is not None
        _writer_in_loop.write(row.parameters())
    elif _writer is not None and not connection.in_atomic_block:
        _writer.write(row.parameters())
    else:
        try:
            _in_their_months([row], _insert)
        except (DataError, IntegrityError) as error:
            raise refused(error) from None


def refused(error: DatabaseError) -> InternalError:
    """What is told of rows that the log does not take, and logged without what was asked."""
    cause = error.__cause__
    what = in_short(cause) if isinstance(cause, Error) else type(error).__name__
    logger.error("the audit log refuses a row: %s", what)
    return InternalError("the request could not be recorded; it is in the log")


def _in_their_months(rows: Sequence[AuditRow], write: Callable[[Sequence[AuditRow]], None]) -> None:
    """`write` them. Months are made ahead of time; should nobody have done so, they begin here."""
    try:
        with transaction.atomic():
            write(rows)
    except IntegrityError as error:
        cause = error.__cause__
        if not isinstance(cause, CheckViolation) or cause.diag.constraint_name is not None:
            raise
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT predictions_make_partition(moment) FROM (SELECT DISTINCT "
                    "predictions_moment(id) FROM unnest(%s::uuid[]) AS id) AS asked (moment)",
                    [[UUID(bytes=row.id) for row in rows]],
                )
            write(rows)


def _insert(rows: Sequence[AuditRow]) -> None:
    with connection.wrap_database_errors:
        wire = connection.connection.pgconn
        if wire.transaction_status == pq.TransactionStatus.IDLE:
            # psycopg begins with the first statement of its own, and this is none: the row would
            # be committed by itself, whatever becomes of the transaction around it.
            wire.exec_(b"BEGIN")
        for row in rows:
            result = wire.exec_params(insert_statement(1), row.parameters(), TYPES, FORMATS)
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise error_from_result(result)


def record_many(rows: Sequence[AuditRow]) -> None:
    """Many at once, by COPY, on the connection of this thread: in the transaction around it, if
    there is one, else in one of its own. All of them or none.

    Raises Django's DatabaseError; an id that is already in the log is an IntegrityError.
    """
    _in_their_months(rows, _copy)


def _copy(rows: Sequence[AuditRow]) -> None:
    # Django's cursor names the errors of `execute` as its own, and not those of `copy`.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(COPY) as stream,
    ):
        stream.write(COPY_BEGINS)
        for row in rows:
            stream.write(copied(row.parameters()))
        stream.write(COPY_ENDS)
