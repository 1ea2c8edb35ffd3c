"""Clients that are slow: how long one of them may hold the thread that answers it."""

import errno
import socket
import time
from typing import Any

from gunicorn.http.unreader import SocketUnreader

# The least that is brought or taken, after some seconds to begin with. A slow line does ten times
# as much.
BYTES_PER_SECOND = 8192
BEGINNING_SECONDS = 20.0
# Without a byte.
STALLED_SECONDS = 30
# Of an answer: above the longest that is made whole, a list of 1,000.
MOST_KEPT = 4_194_304
_BLOCK = 262_144


def is_too_slow(began: float, count: int) -> bool:
    """So many bytes since then (`time.monotonic()`)."""
    return (time.monotonic() - began - BEGINNING_SECONDS) * BYTES_PER_SECOND > count


class PacedReader(SocketUnreader):
    """What a connection brings."""

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        self.begin()

    def begin(self) -> None:
        """With another request."""
        self._began, self._received = time.monotonic(), 0

    def chunk(self) -> bytes:
        """Raises TimeoutError."""
        if is_too_slow(self._began, self._received):
            raise TimeoutError("what is sent comes too slowly")
        received: bytes = super().chunk()
        self._received += len(received)
        return received


class PacedSocket(socket.socket):
    """A client's, that has to take what it asked for.

    What it has no room for now is kept, for the main thread to send as it is taken. The thread that
    made the answer waits only if more than MOST_KEPT would be kept; the kernel's own timeout is one
    for each piece that is taken, however small, and `sendfile` would wait without end.
    """

    def __init__(self, *, fileno: int) -> None:
        super().__init__(fileno=fileno)
        self.rest = bytearray()
        self._began, self._taken = 0.0, 0

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Raises BrokenPipeError: to the server, who takes nothing has gone."""
        sent = 0 if self.rest else self._send_now(data)
        if sent < len(data):
            self._keep(memoryview(data)[sent:])

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """As `sendall`."""
        if offset:
            file.seek(offset)
        sent = 0
        while block := file.read(_BLOCK if count is None else min(_BLOCK, count - sent)):
            self.sendall(block)
            sent += len(block)
        return sent

    def send_rest(self) -> None:
        """As much of it as there is room for. Raises OSError."""
        self._took(self._send_now(self.rest))

    def taken_until(self) -> float:
        """When the client is too slow, unless it takes more before (`time.monotonic()`)."""
        pace = self._began + BEGINNING_SECONDS + self._taken / BYTES_PER_SECOND
        return min(pace, time.monotonic() + STALLED_SECONDS)

    def _send_now(self, data: Any) -> int:
        try:
            return self.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def _keep(self, data: memoryview) -> None:
        if self.rest:
            self.send_rest()
        if not self.rest:
            self._began, self._taken = time.monotonic(), 0
        self.rest += data
        if len(self.rest) > MOST_KEPT:
            self._wait_for_room()

    def _wait_for_room(self) -> None:
        while self.rest:
            try:
                sent = self.send(self.rest)
            except BlockingIOError:
                sent = 0
            self._took(sent)
            if not sent or (self.rest and is_too_slow(self._began, self._taken)):
                raise BrokenPipeError(errno.EPIPE, "the answer is taken too slowly")

    def _took(self, count: int) -> None:
        del self.rest[:count]
        self._taken += count
