"""gunicorn's threaded worker, with its main thread answering the questions to predictors itself.

A question that has arrived whole needs nothing that one would wait for but the commit of its row in
the audit log. So the main thread, which waits for what arrives anyway, answers it (`ops.loop`), and
those that wait for their commit wait together. All else (pages, uploads) has a thread, as gunicorn
does it.
"""

import errno
import fcntl
import socket
import struct
import sys
import termios
import time
from collections.abc import Set
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from ops.arriving import Arrived, look
from ops.loop import Loop
from ops.shares import Shares

# For a request that has begun to arrive, unless it is large: then a thread reads it.
ARRIVING_SECONDS = 30.0
# For one more question on a connection that was promised to be kept, when the process is to end.
PARTING_SECONDS = 1.0
# The longest that another thread (a page, a version that is loaded) keeps the interpreter from the
# main thread, each time it let go of it: at each of its system calls. Python's own is 5 ms.
SWITCH_SECONDS = 0.0005
# For the client to close what we closed.
CLOSING_SECONDS = 2.0
# A thread waits so long for a client to send more of a body, or to take more of an answer.
STALLED = struct.pack("ll", 30, 0)  # seconds and microseconds
# For unread answers: 200 kB beside UNREAD, and the longest answer to a question has 130 kB (400
# faults, and the names of 64 kB of facts). So the main thread never waits for a client to read.
ROOM, UNREAD = 212_992, 16_384
SWEEP_SECONDS = 0.5
RECEIVED_AT_ONCE = 16384
# Too many open files, here or on the machine.
NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# For a process with fewer connections to take a new one.
STAND_BACK_SECONDS = 0.005


class Connection(TConn):
    """One client's. `timeout` is when the main thread stops watching it (`time.monotonic()`)."""

    is_watched = False
    is_answering = False
    is_closing = False
    received = b""


class Worker(ThreadWorker):
    loop: Loop
    shares = Shares()
    questions: Set[bytes] = frozenset()
    """What the main thread answers; deploy/gunicorn.conf.py says it when the routes are known."""
    asks_for_keys = False
    """Whether it answers only who shows a key."""
    _deaf_until = 0.0
    _stood_back = 0.0
    _next_sweep = 0.0
    _ends_at = 0.0
    _has_let_go = False

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        super().check_config(cfg, log)
        if cfg.is_ssl or cfg.http_protocols != ["h1"]:
            raise RuntimeError("plain HTTP/1.1 only: TLS and HTTP/2 end at the proxy before it")

    def load_wsgi(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        super().load_wsgi()
        self.loop = Loop(self.poller, self.method_queue.defer)
        # gunicorn looks how many there are. In the order in which they began to wait.
        self.keepalived_conns: dict[Connection, None] = {}

    def set_accept_enabled(self, enabled: bool) -> None:
        """A process that was told to end lets go of the listening socket at once.

        gunicorn would keep it to the end: the kernel would go on taking connections for it, which
        nobody answers, instead of refusing them, so that a proxy asks another replica.
        """
        super().set_accept_enabled(enabled)
        if self.alive:
            self._count(0)
            return
        self.shares.left(self.age)
        if enabled or self._has_let_go:  # told to end before it began, or when it was full
            return
        self._has_let_go = True
        for listener in self.sockets:
            while self._accept(listener):  # what has come by now is still answered
                pass
            listener.close()

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
            end = conn.timeout if self.alive else min(conn.timeout, self._ends_at)
            if now >= end and not conn.is_answering:
                self._close(conn)

    # Connections.

    def accept(self, listener: socket.socket) -> None:
        """Let a process with fewer connections take this one.

        All processes hear of a new connection, and whichever is awake would take one after the
        other; kept open, they would then all be answered by one process while others idle.
        """
        now = time.monotonic()
        if self.nr_conns <= self.shares.fewest() or now - self._stood_back < STAND_BACK_SECONDS:
            self._accept(listener)
        else:
            self._stand_back(listener)

    def _stand_back(self, listener: socket.socket) -> None:
        self._deaf_until = time.monotonic() + STAND_BACK_SECONDS
        self.poller.modify(listener, 0)

    def _listen_again(self) -> None:
        self._deaf_until, self._stood_back = 0.0, time.monotonic()
        if self._accepting:
            for listener in self.sockets:
                self.poller.modify(listener, EVENT_READ, self.accept)

    def _accept(self, listener: socket.socket) -> bool:
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in NO_ROOM:
                self.log.warning("a connection has to wait: %s", error)
                if self.alive:
                    self._stand_back(listener)
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return False
        self._count(1)
        conn = Connection(self.cfg, client, address, listener.getsockname())
        conn.init()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, STALLED)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, STALLED)
        client.setblocking(False)
        self._watch(conn, self.cfg.keepalive)
        return True

    def _watch(self, conn: Connection, seconds: float) -> None:
        conn.timeout = time.monotonic() + seconds
        if not conn.is_watched:
            self.poller.register(conn.sock, EVENT_READ, partial(self._on_readable, conn))
            conn.is_watched = True
            self.keepalived_conns[conn] = None

    def _unwatch(self, conn: Connection) -> None:
        if conn.is_watched:
            self.poller.unregister(conn.sock)
            conn.is_watched = False
            del self.keepalived_conns[conn]

    def _close(self, conn: Connection) -> None:
        self._unwatch(conn)
        self._count(-1)
        conn.close()

    def _count(self, change: int) -> None:
        self.nr_conns += change
        if self.alive:
            self.shares.has(self.age, self.nr_conns)

    def _close_gracefully(self, conn: Connection) -> None:
        """Say that nothing more comes, and wait for the client to close: it may still read."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.is_closing = True
        self._watch(conn, CLOSING_SECONDS)

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
        conn.parser.unreader.unread(received)
        if arrived is Arrived.QUESTION and _has_room(conn.sock):
            conn.is_answering = True
            self.loop.start(self._answer, conn)
        else:
            self._unwatch(conn)
            conn.data_ready = True
            self.enqueue_req(conn)

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
        is_kept = not future.cancelled() and not future.exception() and future.result() is True
        self._after(conn, is_kept)

    def _after(self, conn: Connection, is_kept: bool) -> None:
        """An answer is out."""
        if not is_kept:
            self._close_gracefully(conn)
            return
        conn.sock.setblocking(False)
        self._watch(conn, self.cfg.keepalive)
        if behind := conn.parser.unreader.take_buffered():
            conn.received = behind
            self._watch(conn, ARRIVING_SECONDS)
            self.method_queue.defer(self._look_behind, conn)

    def _look_behind(self, conn: Connection) -> None:
        """More questions had been sent without waiting for the answer."""
        if conn.is_watched and conn.received and not conn.is_closing:
            self._on_received(conn, conn.received)


def _has_room(client: socket.socket) -> bool:
    """Whether the client has read the answers before, all but a little: the next then fits."""
    unread = fcntl.ioctl(client, termios.TIOCOUTQ, bytes(4))  # SIOCOUTQ of tcp(7)
    return int.from_bytes(unread, sys.byteorder) <= UNREAD
