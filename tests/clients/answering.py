"""A small HTTP server that answers as it was told, request by request, and keeps what came."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from valuation_client import Retries

Answer = Callable[["Handler"], None]


@dataclass
class Came:
    path: str
    headers: Message
    body: bytes


@dataclass
class Answering:
    url: str
    answers: list[Answer]
    came: list[Came] = field(default_factory=list)
    begun: int = 0
    """Requests whose head has come."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    told: ClassVar[Answering]

    def do_POST(self) -> None:
        self.told.begun += 1
        self.told.came.append(Came(self.path, self.headers, self.whole_body()))
        self.told.answers.pop(0)(self)

    def do_GET(self) -> None:
        self.do_POST()

    def whole_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: Any) -> None:
        pass


def document(status: int, content: Any, **headers: str) -> Answer:
    def answer(handler: Handler) -> None:
        body = json.dumps(content).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def problem(status: int, code: str, **headers: str) -> Answer:
    return document(status, {"status": status, "code": code, "detail": "said so"}, **headers)


def hangs_up(handler: Handler) -> None:
    """The request was read; nothing is answered."""
    handler.close_connection = True
    handler.connection.close()


def breaks_off(handler: Handler) -> None:
    """In the middle of the answer."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"half')
    handler.wfile.flush()
    hangs_up(handler)


MODEL = {"predictor": "homes", "name": "basic", "version": 1, "digest": "sha256:0"}
ESTIMATE = document(
    200,
    {
        **{"id": "1", "prediction": 400_000, "currency": "USD", "model": MODEL},
        **{"api_version": "1.0.0", "data": "synthetic", "of a later version": True},
    },
)


def batch(state: str) -> Answer:
    file = {"name": None, "bytes": 1, "format": "csv", "separator": ","}
    return document(
        202,
        {
            **{"id": "7", "state": state, "error": None, "predictor": "homes", "model": MODEL},
            "file": {**file, "columns": [], "carried": []},
            "rows": {"total": None, "done": 0, "failed": 0},
            "errors": {"by_field": {}, "first": []},
            "links": {},
        },
    )


BATCH = batch("accepted")
QUICKLY = Retries(seconds=10, first_wait=0.01, longest_wait=0.02)


@contextmanager
def answering(*answers: Answer) -> Iterator[Answering]:
    told = Answering("", list(answers))
    handler = type("Told", (Handler,), {"told": told})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
