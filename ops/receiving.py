"""gunicorn's parser of requests, with limits that it lacks: of time, and of what chunks may say."""

from typing import Any

from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.errors import (
    InvalidChunkExtension,
    InvalidChunkSize,
    InvalidHeader,
    ParseException,
)
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser

from ops.pacing import PacedReader

# A line that says how large the next chunk is, and all lines behind the last one. gunicorn would
# gather them without end.
CHUNK_LINE = 8192


class BoundedChunks(ChunkedReader):
    def get_data(self, unreader: Any, buf: Any) -> None:
        """Raises InvalidChunkSize, an OSError as all that a body raises."""
        if buf.tell() > CHUNK_LINE:
            raise InvalidChunkSize(b"a line that does not end")
        super().get_data(unreader, buf)

    def parse_trailers(self, unreader: Any, data: bytes) -> None:
        """Raises InvalidChunkExtension: gunicorn's own errors here are no OSErrors."""
        try:
            super().parse_trailers(unreader, data)
        except ParseException as error:
            raise InvalidChunkExtension(b"behind the last chunk") from error


class BoundedRequest(Request):
    def set_body_reader(self) -> None:
        """Raises InvalidHeader.

        Of codings, only `chunked` says where a body ends (RFC 9112, 6.3); gunicorn would take
        others for nothing, and a proxy before it perhaps not. Who shows two `Authorization`s (RFC
        9110, 5.3 and 11.6.2: there is one) would be somebody else to each who reads them.
        """
        is_shown = False
        for name, value in self.headers:
            if name == "TRANSFER-ENCODING" and value.lower() != "chunked":
                raise InvalidHeader(name, req=self)
            if name == "AUTHORIZATION":
                if is_shown:
                    raise InvalidHeader(name, req=self)
                is_shown = True
        super().set_body_reader()
        if self.is_in_chunks():
            self.body = Body(BoundedChunks(self, self.unreader))

    def is_in_chunks(self) -> bool:
        return isinstance(self.body.reader, ChunkedReader)


class PacedParser(RequestParser):
    mesg_class = BoundedRequest

    def __init__(self, cfg: Any, source: Any, source_addr: Any) -> None:
        super().__init__(cfg, source, source_addr)
        self.unreader = PacedReader(source)

    def has_unread_chunks(self) -> bool:
        """Nobody knows how much of them is to come."""
        return self.mesg.is_in_chunks() and self.mesg.body.reader.parser is not None
