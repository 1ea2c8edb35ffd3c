"""A request that brings a file: in its body, or as the file of a form. Read as it comes."""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from learning.fields import Fault
from predictions.batches import services
from predictions.batches.errors import UploadCutShort
from predictions.batches.formats import FORMATS
from predictions.batches.intake import Intake, check_size, place
from predictions.batches.models import Batch
from predictions.batches.services import ACTIVE, Order
from predictions.errors import InvalidInput, MalformedForm, UnsupportedMediaType
from predictions.idempotency.answering import answer_once, is_replayed
from predictions.idempotency.decoding import read_key
from predictions.idempotency.errors import InProgress
from predictions.idempotency.services import is_known
from predictions.lengths import content_length, is_chunked

CSV = "text/csv"
JSON_LINES = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines")
FORM = "multipart/form-data"
FILE = "file"
_JSON_SUFFIXES = (".jsonl", ".ndjson")
_BLOCK = 262_144


def receive_batch(
    request: HttpRequest, *, caller: str, answer: Callable[[Batch], HttpResponse]
) -> HttpResponse:
    """Store the file and `answer` for its batch, or as its idempotency key was answered before.

    Raises what `services.accept_batch` raises, NoRoom, MalformedRequest and its kinds, MalformedKey
    and what `answer_once` raises.
    """
    _check_media_type(request)
    key = read_key(request)
    sent = _Sent(request)
    if key is not None and is_known(caller=caller, key=key):
        return _answer_again(request, sent, caller)
    version = services.version_for(
        predictor_name=request.GET.get("predictor", ""),
        model=request.GET.get("model", ACTIVE),
    )
    services.check_room(size=sent.expected)
    with place(), ExitStack() as stack:

        def begin(order: Order) -> _Arrival:
            intake = stack.enter_context(services.intake_for(order=order, version=version))
            return _Arrival(order, intake)

        arrived = _receive(request, caller, sent, begin)
        intake = arrived.intake
        assert intake is not None

        def note() -> HttpResponse:
            return answer(services.note_batch(order=arrived.order, version=version, intake=intake))

        response = answer_once(request, caller=caller, content=arrived.digest(), answer=note)
        if is_replayed(response):  # somebody was quicker
            intake.discard()
        return response


def _answer_again(request: HttpRequest, sent: "_Sent", caller: str) -> HttpResponse:
    """Whether the file is the same is all that is to be known of it: nothing is stored."""

    def lost() -> HttpResponse:
        raise InProgress("its answer has just been removed; send it again")

    with place():
        arrived = _receive(request, caller, sent, lambda order: _Arrival(order, None))
        return answer_once(request, caller=caller, content=arrived.digest(), answer=lost)


def result_format(request: HttpRequest) -> str:
    """Raises InvalidInput."""
    asked = request.GET.get("format", "csv")
    if asked not in FORMATS:
        raise InvalidInput([Fault("format", f'"{asked[:50]}" is none', ", ".join(FORMATS))])
    return asked


def _check_media_type(request: HttpRequest) -> None:
    accepted = (CSV, *JSON_LINES, FORM)
    if request.content_type not in accepted:
        got = request.content_type or "none"
        raise UnsupportedMediaType(f"content type {got[:100]}: accepted are {', '.join(accepted)}")
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaType(f"charset {charset[:50]}: utf-8 is accepted")
    coding = request.headers.get("Content-Encoding", "identity").lower()
    if coding != "identity":
        raise UnsupportedMediaType(f"content encoding {coding[:50]}: send the file as it is")


def _order(request: HttpRequest, caller: str, *, is_csv: bool, file_name: str) -> Order:
    return Order(
        is_csv=is_csv,
        file_name=file_name,
        caller=caller,
        request_id=request.META["HTTP_X_REQUEST_ID"],
    )


class _Sent:
    """The body as it comes."""

    def __init__(self, request: HttpRequest) -> None:
        chunked = is_chunked(request)
        # Of a chunked body Django knows no length and would read nothing; the server ends it.
        self._source: Any = request.META["wsgi.input"] if chunked else request
        self.expected = 0 if chunked else content_length(request)
        """Bytes; 0 if it is not said."""
        self._received = 0
        self.is_chunked = chunked

    def read(self, size: int = _BLOCK) -> bytes:
        """Raises UploadCutShort when the client went away before its end."""
        try:
            block: bytes = self._source.read(size)
        except (OSError, UnreadablePostError) as error:
            raise UploadCutShort(f"after {self._received:,} bytes") from error
        self._received += len(block)
        if not block and self._received < self.expected:
            raise UploadCutShort(f"after {self._received:,} of {self.expected:,} bytes")
        return block


class _Arrival:
    """A file as it comes: into the intake, if it is to be kept."""

    def __init__(self, order: Order, intake: Intake | None) -> None:
        self.order = order
        self.intake = intake
        self._size = 0
        self._digest = hashlib.sha256()

    def write(self, content: bytes) -> None:
        """Raises what `Intake.write` raises."""
        if self.intake is not None:
            self.intake.write(content)
        self._size += len(content)
        check_size(self._size)
        self._digest.update(content)

    def digest(self) -> bytes:
        """Equal for the same file of the same name. The boundary of a form is no part of it: it is
        another one each time."""
        about = f"{self.order.file_name}\n{self.order.is_csv}\n"
        return about.encode("utf-8", "replace") + self._digest.digest()


Begin = Callable[[Order], _Arrival]
"""What becomes of a file when it is known what it is."""


def _receive(request: HttpRequest, caller: str, sent: _Sent, begin: Begin) -> _Arrival:
    """The whole file. Raises UploadCutShort, MalformedForm, InvalidInput, and what `begin` and
    its `write` raise."""
    if request.content_type == FORM:
        return _receive_form(request, caller, sent, begin)
    arrival = begin(_order(request, caller, is_csv=request.content_type == CSV, file_name=""))
    for block in iter(sent.read, b""):
        arrival.write(block)
    return arrival


class _Handler(FileUploadHandler):
    """Takes the one file of the form where it belongs, block by block."""

    chunk_size = _BLOCK

    def __init__(self, request: HttpRequest, caller: str, begin: Begin) -> None:
        super().__init__(request)
        self._caller = caller
        self._begin = begin
        self.names: list[str] = []
        self.arrival: _Arrival | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        field_name, file_name = self.field_name or "", self.file_name or ""
        self.names.append(field_name)
        if self.names != [FILE]:
            return
        is_json = PurePosixPath(file_name).suffix.lower() in _JSON_SUFFIXES
        is_csv = not is_json and self.content_type not in JSON_LINES
        assert self.request is not None
        self.arrival = self._begin(
            _order(self.request, self._caller, is_csv=is_csv, file_name=file_name)
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.names == [FILE] and self.arrival is not None:
            self.arrival.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes] | None":
        return None


def _receive_form(request: HttpRequest, caller: str, sent: _Sent, begin: Begin) -> _Arrival:
    handler = _Handler(request, caller, begin)
    _parse(request, sent, handler)
    if handler.names != [FILE]:
        shown = ", ".join(handler.names[:20]) or "none"
        raise InvalidInput([Fault(FILE, f"files sent: {shown}", "one file of this name")])
    assert handler.arrival is not None
    return handler.arrival


def _parse(request: HttpRequest, sent: _Sent, handler: _Handler) -> None:
    # Where it says 0, Django reads nothing, and else up to the end.
    meta = {**request.META, "CONTENT_LENGTH": "1"} if sent.is_chunked else request.META
    try:
        MultiPartParser(meta, sent, [handler], "utf-8").parse()  # type: ignore[arg-type]
        while sent.read():  # an end that is missing is noticed
            pass
    except (
        MultiPartParserError,
        RequestDataTooBig,
        TooManyFieldsSent,
        TooManyFilesSent,
    ) as error:
        raise MalformedForm(f"the form cannot be read: {error}") from None
