"""Group commit: rows that wait together are committed together.

There is no writer thread. Whoever finds nobody writing writes what waits, its own row first, and
then wakes the others; rows that came meanwhile are the next one's batch. So a lone request pays no
switch, and many share one commit.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from structlog.contextvars import bind_contextvars, bound_contextvars, unbind_contextvars

from predictions import request_ids
from predictions.audit import REQUEST_ID, Parameters
from predictions.errors import DatabaseUnavailable, InternalError
from predictions.link import AuditLink, Lost, Refused
from predictions.waiting import Signal, Threads, Waiting

logger = logging.getLogger(__name__)

# One prepared statement for each size of a batch.
LARGEST_BATCH = 32
# Rows that wait in one process. Beyond, a request is sent away at once: it would wait in vain.
MOST_WAITING = 512


class _Entry:
    """A row that waits. Its fields change under the writer's lock."""

    __slots__ = ("deadline", "error", "leads", "parameters", "settled", "wake")

    def __init__(self, parameters: Parameters, deadline: float, wake: Signal) -> None:
        self.parameters = parameters
        self.deadline = deadline
        self.error: Exception | None = None
        self.settled = False
        self.leads = False
        self.wake = wake


class AuditWriter:
    """`connection` are libpq's parameters, `seconds` the longest a row waits.

    All who write with it wait in the same way; in threads unless told otherwise.
    """

    def __init__(
        self, connection: dict[str, Any], seconds: float, waiting: Waiting | None = None
    ) -> None:
        self._connection = connection
        self._seconds = seconds
        self._how = waiting or Threads()
        self._lock = threading.Lock()
        self._waiting: list[_Entry] = []
        self._is_writing = False
        # Held by whoever writes.
        self._link: AuditLink | None = None

    def write(self, parameters: Parameters) -> None:
        """Return when the row is committed.

        Raises DatabaseUnavailable (then it may or may not be in the log), InternalError when the
        database refuses this row.
        """
        entry = _Entry(parameters, time.monotonic() + self._seconds, self._how.signal())
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                raise DatabaseUnavailable("the database does not keep up; try again")
            self._waiting.append(entry)
            entry.leads = not self._is_writing
            self._is_writing = True
        if not entry.leads:
            entry.wake.wait(self._seconds)
            self._give_up_if_late(entry)
        if entry.leads:
            self._lead(entry)
        if entry.error is not None:
            raise entry.error

    def _give_up_if_late(self, entry: _Entry) -> None:
        with self._lock:
            if entry.settled or entry.leads:
                return
            if entry in self._waiting:
                self._waiting.remove(entry)
            entry.settled = True
            entry.error = DatabaseUnavailable("the database does not keep up; try again")

    def _lead(self, own: _Entry) -> None:
        self._how.for_others()
        with self._lock:
            batch = self._waiting[:LARGEST_BATCH]
            del self._waiting[:LARGEST_BATCH]
        errors: list[Exception | None] = [DatabaseUnavailable("try again in a moment")] * len(batch)
        try:
            errors = self._commit(batch)
        finally:
            with self._lock:
                for entry, error in zip(batch, errors, strict=True):
                    if not entry.settled:
                        entry.settled, entry.error = True, error
                successor = self._waiting[0] if self._waiting else None
                if successor is not None:
                    successor.leads = True
                else:
                    self._is_writing = False
            # The next batch goes on its way before this one's requests are answered.
            if successor is not None:
                successor.wake.set()
            for entry in batch:
                if entry is not own:
                    entry.wake.set()

    def _commit(self, batch: Sequence[_Entry]) -> list[Exception | None]:
        """What became of each row: None for committed."""
        try:
            self._insert(batch)
        except Refused as refusal:
            if len(batch) > 1:  # find the one: the others' requests have nothing to do with it
                return [self._commit([entry])[0] for entry in batch]
            with _marked_by(batch):
                logger.error("the audit log refuses a row: %s", refusal)
            return [InternalError("the request could not be recorded; it is in the log")]
        except Lost as loss:
            with _marked_by(batch):
                logger.error("audit log: %s", loss)
            return [DatabaseUnavailable("try again in a moment")] * len(batch)
        return [None] * len(batch)

    def _insert(self, batch: Sequence[_Entry]) -> None:
        """Raises Lost, Refused."""
        # Those whose time is up have left; the rows of the others are still worth waiting for.
        deadline = max(entry.deadline for entry in batch)
        rows = [entry.parameters for entry in batch]
        kept = self._link is not None
        try:
            self._insert_once(rows, deadline)
        except Lost:
            # A connection kept from before may have died unnoticed; a new one tells.
            if not kept or time.monotonic() >= deadline:
                raise
            self._insert_once(rows, deadline)

    def _insert_once(self, rows: Sequence[Parameters], deadline: float) -> None:
        if self._link is None:
            self._link = AuditLink(self._connection, self._seconds, self._how)
        # Connecting may have taken all the time there was: the next rows find the connection.
        if time.monotonic() >= deadline:
            raise Lost("there was no time left to write")
        try:
            self._link.insert(rows, deadline=deadline)
        except Lost:
            self._drop()
            raise

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None


@contextmanager
def _marked_by(batch: Sequence[_Entry]) -> Iterator[None]:
    """What is logged has the id of the request that it is about, of several none.

    Who writes may be another: its own id, and the trace of it, would mislead.
    """
    ids = {(entry.parameters[REQUEST_ID] or b"").decode() for entry in batch}
    if ids == {request_ids.current()}:
        yield
        return
    with bound_contextvars(request_id="", trace_id=""):
        unbind_contextvars("request_id", "trace_id")
        if len(ids) == 1:
            bind_contextvars(request_id=ids.pop())
        yield
