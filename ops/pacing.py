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

    The kernel's own timeout is one for each piece that is taken, however small; and `sendfile`
    would wait without end.
    """

    _began: float | None = None
    _taken = 0

    def begin(self) -> None:
        """With another request: the time counts from the beginning of its answer."""
        self._began, self._taken = None, 0

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Raises BrokenPipeError: to the server, who takes nothing has gone."""
        if self._began is None:
            self._began = time.monotonic()
        left = memoryview(data).cast("B")
        while left:
            try:
                sent = self.send(left, flags)
            except BlockingIOError:
                sent = 0
            left = left[sent:]
            self._taken += sent
            if not sent or (left and is_too_slow(self._began, self._taken)):
                raise BrokenPipeError(errno.EPIPE, "the answer is taken too slowly")

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """As `sendall`."""
        if offset:
            file.seek(offset)
        left = count
        while block := file.read(_BLOCK if left is None else min(_BLOCK, left)):
            self.sendall(block)
            if left is not None:
                left -= len(block)
        return self._taken
