"""gunicorn's threaded worker, for clients that keep their connections and ask again at once."""

import select
import time
from concurrent.futures import Future
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# Long enough for a client that has its next request ready, short enough that whoever needs this
# thread does not notice. Measured in docs/experiments.md.
LINGER_MILLISECONDS = 2
PARTING_MILLISECONDS = 1000
# Per connection that a process has, up to so many connections.
STAND_BACK_SECONDS = 50e-6
STAND_BACK_UP_TO = 10


class LingeringWorker(ThreadWorker):
    def accept(self, listener: Any) -> None:
        """Let a process with fewer connections take this one first.

        All processes hear of a new connection, and whichever is awake would take one after the
        other; kept open, they would then all be answered by one process while others idle.
        """
        if self.nr_conns:
            time.sleep(min(self.nr_conns, STAND_BACK_UP_TO) * STAND_BACK_SECONDS)
        super().accept(listener)

    def set_accept_enabled(self, enabled: bool) -> None:
        """A process that was told to end lets go of the listening socket at once.

        gunicorn would keep it to the end: the kernel would go on taking connections for it, which
        nobody answers, instead of refusing them, so that a proxy asks another replica.
        """
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            taken = -1
            while taken != self.nr_conns:  # what has come by now is still answered
                taken = self.nr_conns
                super().accept(listener)
            listener.close()

    def handle(self, conn: Any) -> Any:
        """Answer requests of this connection while they come at once and nobody else waits.

        gunicorn hands a connection back to its main thread after every answer, to wait there for
        the next request: two changes of thread and five system calls, each a fight for the
        interpreter's lock.
        """
        kept = super().handle(conn)
        while kept is True and self.alive and self.tpool._work_queue.empty():
            if not _is_readable(conn, LINGER_MILLISECONDS):
                break
            kept = super().handle(conn)
        return kept

    def finish_request(self, conn: Any, future: Future[Any]) -> None:
        """Keep what was promised when the process was told to end meanwhile.

        The client of a connection that it may keep is given the time for one more request, whose
        answer says that the connection ends. gunicorn would close it under the client's hands.
        """
        is_kept = not future.cancelled() and not future.exception() and future.result() is True
        if self.alive or not is_kept:
            super().finish_request(conn, future)
            return
        parting = self.tpool.submit(self._part, conn)
        parting.add_done_callback(
            lambda done: self.method_queue.defer(
                super(LingeringWorker, self).finish_request, conn, done
            )
        )

    def _part(self, conn: Any) -> bool:
        return _is_readable(conn, PARTING_MILLISECONDS) and super().handle(conn) is True


def _is_readable(conn: Any, milliseconds: int) -> bool:
    readable = select.poll()
    readable.register(conn.sock, select.POLLIN)
    return bool(readable.poll(milliseconds))
