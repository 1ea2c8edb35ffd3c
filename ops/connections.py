"""The connections of a process: which it takes, which it closes, and which it watches."""

import errno
import fcntl
import socket
import struct
import sys
import termios
import time
from functools import partial
from selectors import EVENT_READ

from gunicorn.workers.gthread import TConn, ThreadWorker

from ops.pacing import PacedSocket
from ops.receiving import PacedParser
from ops.shares import Shares

# For the client to close what we closed.
CLOSING_SECONDS = 2.0
# A thread waits so long for a client to send more of a body, or to take more of an answer.
STALLED = struct.pack("ll", 30, 0)  # seconds and microseconds
# For unread answers: 200 kB beside UNREAD, and the longest answer to a question has 130 kB (400
# faults, and the names of 64 kB of facts). So the main thread never waits for a client to read.
ROOM, UNREAD = 212_992, 16_384
# Too many open files, here or on the machine.
NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# For a process with fewer connections to take a new one.
STAND_BACK_SECONDS = 0.005


class Connection(TConn):
    """One client's. `timeout` is when the main thread stops watching it (`time.monotonic()`)."""

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
        self.sock.begin()


class Connections(ThreadWorker):
    shares = Shares()
    keepalived_conns: dict[Connection, None]
    """gunicorn looks how many there are. In the order in which they began to wait."""
    _deaf_until = 0.0
    _stood_back = 0.0
    _has_let_go = False

    def _on_readable(self, conn: Connection, client: socket.socket) -> None:
        raise NotImplementedError

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
            self._close_longest_idle()
        return True

    def _close_longest_idle(self) -> None:
        """For the next one: who only holds connections open must not keep others out."""
        for conn in self.keepalived_conns:
            if not conn.is_answering:
                self._close(conn)
                return

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


def has_room(client: socket.socket) -> bool:
    """Whether the client has read the answers before, all but a little: the next then fits."""
    unread = fcntl.ioctl(client, termios.TIOCOUTQ, bytes(4))  # SIOCOUTQ of tcp(7)
    return int.from_bytes(unread, sys.byteorder) <= UNREAD
