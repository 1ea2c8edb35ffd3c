"""The connections of a process: which it takes, which it closes, and which it watches."""

import errno
import socket
import struct
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE

from gunicorn.workers.gthread import TConn, ThreadWorker

from ops.pacing import STALLED_SECONDS, PacedSocket
from ops.receiving import PacedParser
from ops.shares import Shares

# For the client to close what we closed.
CLOSING_SECONDS = 2.0
# A thread waits so long for a client to send more of a body, or to take more of an answer.
STALLED = struct.pack("ll", STALLED_SECONDS, 0)  # seconds and microseconds
# For unread answers, with the kernel: more than the longest answer to a question (130 kB: 400
# faults, and the names of 64 kB of facts).
ROOM = 212_992
# Of answers that clients have not taken yet, all together, beside what the kernel has of them.
MOST_UNSENT = 67_108_864
# Too many open files, here or on the machine.
NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# For a process with fewer connections to take a new one.
STAND_BACK_SECONDS = 0.005


class Connection(TConn):
    """One client's. `timeout` is when the main thread stops watching it (`time.monotonic()`)."""

    since = 0.0
    """When it began to wait for what it waits for now."""
    is_watched = False
    is_answering = False
    is_closing = False
    has_place = False
    """One of those that are slow, with a thread for itself."""
    received = b""

    def init(self) -> None:
        if not self.initialized:
            self.parser = PacedParser(self.cfg, self.sock, self.client)
        super().init()

    def begin(self) -> None:
        """Another request, that a thread answers."""
        self.parser.unreader.begin()


class Connections(ThreadWorker, ABC):
    shares = Shares()
    keepalived_conns: OrderedDict[Connection, None]
    """gunicorn looks how many there are. In the order in which they began to wait."""
    _deaf_until = 0.0
    _stood_back = 0.0
    _has_let_go = False

    @abstractmethod
    def _on_readable(self, conn: Connection, client: socket.socket) -> None:
        """Something has come, or nothing will any more."""

    @abstractmethod
    def _make_room(self, newcomer: Connection) -> None:
        """There are as many connections as there may be."""

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
        client = PacedSocket(fileno=client.detach())
        conn = Connection(self.cfg, client, address, listener.getsockname())
        conn.init()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, STALLED)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, STALLED)
        client.setblocking(False)
        self._watch(conn, self.cfg.keepalive)
        if self.nr_conns >= self.worker_connections:
            self._make_room(conn)
        return True

    def _watch(self, conn: Connection, seconds: float) -> None:
        """To receive."""
        conn.since = time.monotonic()
        conn.timeout = conn.since + seconds
        if conn.is_watched:
            self.keepalived_conns.move_to_end(conn)
        else:
            self._register(conn, EVENT_READ, partial(self._on_readable, conn))

    def _watch_to_send(self, conn: Connection, go_on: Callable[[], None]) -> None:
        """What its client had no room for; then `go_on`."""
        if conn.sock.fileno() < 0:  # its answer broke off
            self._close(conn)
            return
        conn.since = time.monotonic()
        conn.timeout = conn.sock.taken_until()
        self._unwatch(conn)
        self._register(conn, EVENT_WRITE, partial(self._on_writable, conn, go_on))
        unsent = [conn for conn in self.keepalived_conns if conn.sock.rest]
        count = sum(len(conn.sock.rest) for conn in unsent)
        for longest in unsent:
            if count <= MOST_UNSENT:
                break
            count -= len(longest.sock.rest)
            self._close(longest)

    def _on_writable(
        self, conn: Connection, go_on: Callable[[], None], client: PacedSocket
    ) -> None:
        if not conn.is_watched:  # closed earlier in this round
            return
        try:
            client.send_rest()
        except OSError:
            self._close(conn)
            return
        conn.timeout = client.taken_until()
        if not client.rest:
            self._unwatch(conn)
            go_on()

    def _register(
        self, conn: Connection, event: int, callback: Callable[[PacedSocket], None]
    ) -> None:
        self.poller.register(conn.sock, event, callback)
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
