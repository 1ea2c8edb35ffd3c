"""gunicorn's threaded worker, with its main thread answering the questions to predictors itself.

A question that has arrived whole needs nothing that one would wait for but the commit of its row in
the audit log. So the main thread, which waits for what arrives anyway, answers it (`ops.loop`), and
those that wait for their commit wait together. All else (pages, uploads) has a thread, as gunicorn
does it.
"""

import errno
import socket
import sys
import time
from collections import OrderedDict
from collections.abc import Set
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from ops.arriving import Arrived, look
from ops.connections import Connection, Connections
from ops.loop import Loop
from ops.places import Places
from ops.refusing import BROKEN, BUSY, LARGE, refusal, status_of

# For a request that has begun to arrive, unless it is large: then a thread reads it.
ARRIVING_SECONDS = 30.0
# For one more question on a connection that was promised to be kept, when the process is to end.
PARTING_SECONDS = 1.0
# The longest that another thread (a page, a version that is loaded) keeps the interpreter from the
# main thread, each time it let go of it: at each of its system calls. Python's own is 5 ms.
SWITCH_SECONDS = 0.0005
# For a place among those that are slow, and how many may wait for one.
WAITING_SECONDS = 30.0
WAITING_PER_THREAD = 4
SWEEP_SECONDS = 0.5
RECEIVED_AT_ONCE = 16384


class Worker(Connections):
    loop: Loop
    places: Places[Connection]
    questions: Set[bytes] = frozenset()
    """What the main thread answers; deploy/gunicorn.conf.py says it when the routes are known."""
    asks_for_keys = False
    """Whether it answers only who shows a key."""
    _next_sweep = 0.0
    _ends_at = 0.0

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        super().check_config(cfg, log)
        if cfg.is_ssl or cfg.http_protocols != ["h1"]:
            raise RuntimeError("plain HTTP/1.1 only: TLS and HTTP/2 end at the proxy before it")

    def load_wsgi(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        super().load_wsgi()
        self.loop = Loop(self.poller, self.method_queue.defer)
        self.keepalived_conns = OrderedDict()
        # The other half of the threads is for requests that have come whole, and for probes.
        threads = self.cfg.threads
        self.places = Places(max(1, threads // 2), most_waiting=WAITING_PER_THREAD * threads)

    # The main thread's round.

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """gunicorn looks after its parent and other duties once per `timeout`, not each time."""
        end = time.monotonic() + min(timeout, SWEEP_SECONDS)
        was_alive = self.alive
        while True:
            wake = min(end, self._deaf_until) if self._deaf_until else end
            try:
                self.loop.run_once(max(0.0, wake - time.monotonic()))
            except OSError as error:
                if error.errno != errno.EINTR:
                    raise
            now = time.monotonic()
            if self._deaf_until and now >= self._deaf_until:
                self._listen_again()
            is_full = self.nr_conns >= self.worker_connections
            if (
                now >= end
                or self.alive != was_alive
                or is_full == self._accepting
                or not (self.alive or self.nr_conns)
            ):
                break
        self._sweep()

    def murder_keepalived(self) -> None:
        """See `_sweep`."""

    def murder_pending(self) -> None:
        """See `_sweep`."""

    def _sweep(self) -> None:
        now = time.monotonic()
        if not self.alive and not self._ends_at:
            self._ends_at = now + PARTING_SECONDS
        if now < self._next_sweep and self.alive:
            return
        self._next_sweep = now + SWEEP_SECONDS
        for conn in list(self.keepalived_conns):
            may_stay = self.alive or conn.sock.rest
            end = conn.timeout if may_stay else min(conn.timeout, self._ends_at)
            if now >= end and not conn.is_answering:
                self._close(conn)
        for conn in self.places.late(now if self.alive else now + WAITING_SECONDS):
            self._refuse(conn, BUSY)

    def _make_room(self, newcomer: Connection) -> None:
        """Who only holds connections open must not keep others out: who has waited longest goes."""
        waiting = (conn for conn in self.keepalived_conns if not conn.is_answering)
        idle = next((conn for conn in waiting if conn is not newcomer), None)
        slow = self.places.first()
        if slow is not None and (idle is None or slow.since < idle.since):
            self._say(self.places.turn_away(), BUSY)
            self._close(slow)
        elif idle is not None:
            self._close(idle)

    # Questions.

    def _on_readable(self, conn: Connection, client: socket.socket) -> None:
        if not conn.is_watched:  # closed earlier in this round
            return
        if conn.is_answering:  # more than one question at a time: after this one's answer
            self._unwatch(conn)
            return
        is_more = conn.received and not conn.is_closing
        if is_more and self._look(conn.received) is not Arrived.PART:
            self._on_received(conn, conn.received)  # what was sent ahead, before what comes now
            return
        try:
            received = client.recv(RECEIVED_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._close(conn)
        elif not conn.is_closing:
            self._on_received(conn, conn.received + received)

    def _on_received(self, conn: Connection, received: bytes) -> None:
        arrived = self._look(received)
        if arrived is Arrived.PART:
            if not conn.received:
                self._watch(conn, ARRIVING_SECONDS)
            conn.received = received
            return
        conn.received = b""
        if arrived is Arrived.ENDLESS:
            self._refuse(conn, LARGE)
            return
        conn.parser.unreader.unread(received)
        if arrived is Arrived.QUESTION:
            conn.is_answering = True
            self.loop.start(self._answer, conn)
            return
        self._unwatch(conn)
        conn.data_ready = True
        if arrived is Arrived.SLOW:
            self._give_place(conn)
        else:
            self.enqueue_req(conn)

    def _give_place(self, conn: Connection) -> None:
        conn.since = time.monotonic()
        if self.places.take():
            self._enqueue_slow(conn)
        elif not self.places.wait(conn, conn.since + WAITING_SECONDS):
            self._refuse(conn, BUSY)

    def _enqueue_slow(self, conn: Connection) -> None:
        conn.has_place = True
        self.enqueue_req(conn)

    def enqueue_req(self, conn: Connection) -> None:
        conn.begin()
        super().enqueue_req(conn)

    def _look(self, received: bytes) -> Arrived:
        return look(received, self.questions, with_key=self.asks_for_keys)

    def _answer(self, conn: Connection) -> None:
        """As a greenlet of the loop."""
        kept = False
        try:
            kept = self.handle(conn) is True
        finally:
            conn.is_answering = False
            self._after(conn, kept)

    def finish_request(self, conn: Connection, future: "Future[Any]") -> None:
        """A thread has answered; back on the main thread."""
        if conn.has_place:
            conn.has_place = False
            if (follower := self.places.leave()) is not None:
                self._enqueue_slow(follower)
        is_kept = not future.cancelled() and not future.exception() and future.result() is True
        self._after(conn, is_kept)

    def _after(self, conn: Connection, is_kept: bool) -> None:
        """An answer is out, but for what its client has no room for yet."""
        if conn.sock.rest:
            self._watch_to_send(conn, partial(self._after, conn, is_kept))
            return
        if not is_kept:
            self._close_gracefully(conn)
            return
        conn.sock.setblocking(False)
        self._watch(conn, self.cfg.keepalive)
        if behind := conn.parser.unreader.take_buffered():
            conn.received = behind
            self._watch(conn, ARRIVING_SECONDS)
            self.method_queue.defer(self._look_behind, conn)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """Chunks that nobody read are not gone through: their sender says when they end."""
        if conn.parser.has_unread_chunks():
            return False
        return bool(super()._keepalive_after(conn, keepalive))

    def _refuse(self, conn: Connection, status: int) -> None:
        self._say(conn, status)
        self._close_gracefully(conn)

    def _say(self, conn: Connection, status: int) -> None:
        with suppress(OSError):
            conn.sock.setblocking(False)
            conn.sock.send(refusal(status))

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """What is not HTTP, too large or too slow to be read, or failed outside of Django."""
        status = status_of(exc)
        if status == BROKEN:
            self.log.exception("a request could not be answered")
        else:
            self.log.info("refused what %s sent: %s", (addr or ["?"])[0], type(exc).__name__)
        with suppress(OSError):
            client.sendall(refusal(status))

    def _look_behind(self, conn: Connection) -> None:
        """More questions had been sent without waiting for the answer."""
        if conn.is_watched and conn.received and not conn.is_closing:
            self._on_received(conn, conn.received)
