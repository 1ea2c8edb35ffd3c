"""A connection that only inserts audit rows, and that gives up at a deadline.

Below psycopg's cursors: they adapt every value anew and wait without end, and both count here.
"""

import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result

from predictions.audit import FORMATS, TYPES, Parameters, flattened, insert_statement
from predictions.waiting import Waiting


class Lost(Exception):
    """The connection cannot be used, or did not answer in time. What was sent may have arrived."""


class Refused(Exception):
    """The database refused these rows, and keeps none of them."""


class AuditLink:
    """Not thread-safe: whoever writes holds it alone."""

    def __init__(self, parameters: dict[str, Any], timeout: float, waiting: Waiting) -> None:
        """Raises Lost."""
        self._waiting = waiting
        self._prepared: set[int] = set()
        try:
            self._connection = waiting.for_call(lambda: _connected(parameters, timeout))
            self._pgconn = self._connection.pgconn
            self._pgconn.nonblocking = 1
            # The plan of an INSERT of constants does not depend on them.
            self._pgconn.send_query_params(b"SET plan_cache_mode = force_generic_plan", None)
            self._finish(time.monotonic() + timeout)
        except psycopg.Error as error:
            raise Lost(str(error)) from error
        except Lost:
            self._connection.close()
            raise

    def insert(
        self, rows: Sequence[Parameters], *, deadline: float, may_repair: bool = True
    ) -> None:
        """Commit all rows or none, by `deadline` (`time.monotonic()`). Raises Lost, Refused."""
        count = len(rows)
        name = b"insert_%d" % count
        try:
            if count not in self._prepared:
                self._pgconn.send_prepare(name, insert_statement(count), TYPES * count)
                self._finish(deadline)
                self._prepared.add(count)
            # Alone in its transaction: autocommit, one message to and fro.
            self._pgconn.send_query_prepared(name, flattened(rows), FORMATS * count)
            self._finish(deadline)
        except psycopg.errors.CheckViolation as error:
            if error.diag.constraint_name is not None or not may_repair:
                raise Refused(in_short(error)) from error
            try:
                self._make_partitions(rows, deadline)
            except (psycopg.Error, OSError) as other:
                raise Lost(str(other)) from other
            self.insert(rows, deadline=deadline, may_repair=False)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise Refused(in_short(error)) from error
        except (psycopg.Error, OSError) as error:
            raise Lost(str(error)) from error

    def close(self) -> None:
        self._connection.close()

    def _make_partitions(self, rows: Sequence[Parameters], deadline: float) -> None:
        """They are made ahead of time; should nobody have done so, a month begins here."""
        for row in rows:
            self._pgconn.send_query_params(
                b"SELECT predictions_make_partition(predictions_moment($1))", [row[0]], [2950], [1]
            )
            self._finish(deadline)

    def _finish(self, deadline: float) -> None:
        """Wait for the result of what was sent. Raises psycopg's errors, Lost at the deadline."""
        while self._pgconn.flush():
            self._wait(deadline, may_write=True)
            self._pgconn.consume_input()
        failed = None
        while (result := self._next_result(deadline)) is not None:
            if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
                failed = result
        if failed is not None:
            raise error_from_result(failed)

    def _next_result(self, deadline: float) -> "pq.abc.PGresult | None":
        """Ours to wait for: libpq would wait without end, for the end of an error too."""
        while self._pgconn.is_busy():
            self._wait(deadline)
            self._pgconn.consume_input()
        return self._pgconn.get_result()

    def _wait(self, deadline: float, *, may_write: bool = False) -> None:
        seconds = deadline - time.monotonic()
        if seconds <= 0 or not self._waiting.until_ready(
            self._pgconn.socket, seconds=seconds, may_write=may_write
        ):
            raise Lost("the database did not answer in time")


def in_short(error: psycopg.Error) -> str:
    """Without the row, which PostgreSQL adds: what was asked is nothing for the log."""
    return error.diag.message_primary or type(error).__name__


def _connected(parameters: dict[str, Any], timeout: float) -> psycopg.Connection[Any]:
    return psycopg.connect(
        **{**parameters, "connect_timeout": max(2, round(timeout))}, autocommit=True
    )
