"""Clients that say nothing, or a byte now and then, or do not take what they asked for."""

import resource
import socket
import threading
from contextlib import suppress
from itertools import chain
from types import TracebackType

from benchmarks.hostile.wire import request

IDLE, SLOW = 1000, 40
DRIP_SECONDS = 0.5
LONG = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
_LARGE = {"Content-Length": "1900000", "Content-Type": "application/json"}
SLOW_STARTS = {
    "headers": b"GET /api/version/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ",
    "a small body": request("POST", "/api/predict/", headers={"Content-Length": "60000"}),
    "a large body": request("POST", "/api/predict/bulk/", headers=_LARGE),
    "a body that is expected": request(
        "POST", "/api/predict/", headers={"Content-Length": "500", "Expect": "100-continue"}
    ),
    "a file": request(
        "POST", "/api/batches/", headers={"Content-Length": "1000000", "Content-Type": "text/csv"}
    ),
    "chunks": request(
        "POST",
        "/api/batches/",
        headers={"Transfer-Encoding": "chunked", "Content-Type": "text/csv"},
    ).replace(b"Content-Length: 0\r\n", b""),
    "an answer that is not taken": request("GET", LONG),
}


class Holding:
    """A context: so many connections of each kind are held, and dripped on, until it ends."""

    def __init__(self, port: int, *, idle: int = IDLE, slow: int = SLOW) -> None:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self._port = port
        self._idle, self._slow = idle, slow
        self._ended = threading.Event()
        self._dripper = threading.Thread(target=self._drip, daemon=True)
        self.idle: list[socket.socket] = []
        self.slow: dict[str, list[socket.socket]] = {}

    def __enter__(self) -> "Holding":
        self.idle = [self._connection(small=False) for _ in range(self._idle)]
        for kind, start in SLOW_STARTS.items():
            held = [self._connection(small=kind.startswith("an answer")) for _ in range(self._slow)]
            for connection in held:
                connection.send(start)
            self.slow[kind] = held
        self._dripper.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._dripper.join()
        for connection in chain(self.idle, *self.slow.values()):
            connection.close()

    def open_idle(self) -> int:
        """How many the service has not closed."""
        return sum(map(_is_open, self.idle))

    def _connection(self, *, small: bool) -> socket.socket:
        made = socket.socket()
        if small:  # of what is not taken, little shall be on its way
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.settimeout(10)
        made.connect(("127.0.0.1", self._port))
        made.setblocking(False)
        return made

    def _drip(self) -> None:
        while not self._ended.wait(DRIP_SECONDS):
            for kind, held in self.slow.items():
                for connection in held:
                    with suppress(OSError):  # it was closed
                        if kind.startswith("an answer"):
                            connection.recv(100)
                        else:
                            connection.send(b"1")


def _is_open(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
