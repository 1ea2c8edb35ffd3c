"""The files of a model, as they are sent, and which versions a list shall show. All faults at
once."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from learning.fields import Fault
from predictions.errors import (
    BodyTooLarge,
    InvalidInput,
    LengthRequired,
    MalformedForm,
    MalformedRequest,
    UnsupportedMediaType,
)
from predictions.lengths import content_length, is_chunked
from predictions.parsing import decode
from predictions.reasons import unknown
from predictions.versions.parameters import BEFORE

FEATURES_BYTES = 65_536
FORM = "multipart/form-data"
# A pattern, and the same in words.
NAME = (r"[^\x00-\x1f\x7f]{1,100}", "at most 100 characters, all visible")
NOTES = (r"[^\x00]{1,10000}", "at most 10,000 characters, none of them NUL")
METRICS = (r".{1,65536}", "a JSON object of at most 65,536 characters, its numbers finite")


@dataclass(frozen=True, slots=True)
class Upload:
    model_bytes: bytes
    features_bytes: bytes
    name: str
    notes: str
    sha256: str
    metrics: Mapping[str, Any]
    trained_on: Mapping[str, Any]


def read_before(request: HttpRequest) -> int | None:
    """The query `?before=120`: versions with smaller numbers. Raises InvalidInput."""
    sent = request.GET.getlist(BEFORE)
    faults = unknown(request.GET.keys() - {BEFORE}, f"only: {BEFORE}")
    if len(sent) > 1 or not all(re.fullmatch("[0-9]{1,9}", text) for text in sent):
        faults.append(Fault(BEFORE, "no number, or twice", "the number of a version"))
    if faults:
        raise InvalidInput(faults)
    return int(sent[0]) if sent else None


def read_upload(request: HttpRequest) -> Upload:
    """The form with a model's files. Raises MalformedRequest, InvalidInput."""
    _check_head(request)
    try:
        parser = MultiPartParser(request.META, request, request.upload_handlers, "utf-8")
        fields, files = parser.parse()
    except RequestDataTooBig:
        raise BodyTooLarge("the fields that are no files are too large") from None
    except (
        MultiPartParserError,
        TooManyFieldsSent,
        TooManyFilesSent,
        UnreadablePostError,
    ) as error:
        raise MalformedForm(f"the form cannot be read: {error}") from None
    try:
        return _Form(fields.lists(), files.lists()).upload()
    finally:
        for _, sent in files.lists():
            for file in sent:
                file.close()


class _Form:
    """Every part that was sent, to be taken by name; what is wrong is gathered."""

    def __init__(self, fields: Any, files: Any) -> None:
        self._fields: dict[str, list[str]] = dict(fields)
        self._files: dict[str, list[UploadedFile[bytes]]] = dict(files)
        self._faults: list[Fault] = []

    def upload(self) -> Upload:
        data = self._text("data", "real|synthetic", "real or synthetic")
        found = Upload(
            model_bytes=self._file("model", settings.MAX_UPLOAD_BYTES),
            features_bytes=self._file("features", FEATURES_BYTES),
            name=self._text("name", *NAME) or "model",
            notes=self._text("notes", *NOTES),
            sha256=self._text("sha256", "[0-9A-Fa-f]{64}", "64 hexadecimal digits"),
            metrics=self._metrics(),
            trained_on={"data": data} if data else {},
        )
        known = "only: model, features, name, notes, sha256, metrics, data"
        self._faults += unknown(self._fields.keys() | self._files.keys(), known)
        if self._faults:
            raise InvalidInput(self._faults)
        return found

    def _file(self, name: str, limit: int) -> bytes:
        accepted = f"one file of 1 to {limit:,} bytes"
        if name in self._fields:
            del self._fields[name]
            self._fault(name, "text, not a file", accepted)
            return b""
        sent = self._files.pop(name, [])
        if len(sent) != 1:
            self._fault(name, f"{len(sent)} times" if sent else "missing", accepted)
            return b""
        size = sent[0].size or 0
        if not 0 < size <= limit:
            self._fault(name, f"{size:,} bytes", accepted)
            return b""
        return bytes(sent[0].read())

    def _text(self, name: str, pattern: str, accepted: str) -> str:
        """Empty, as forms in a browser send it, is the same as not sent."""
        if name in self._files:
            del self._files[name]
            self._fault(name, "a file, not text", accepted)
            return ""
        sent = self._fields.pop(name, [""])
        if len(sent) != 1:
            self._fault(name, f"{len(sent)} times", accepted)
        elif sent[0] and not re.fullmatch(pattern, sent[0], re.DOTALL):
            self._fault(name, "not as expected", accepted)
        else:
            return sent[0]
        return ""

    def _metrics(self) -> Mapping[str, Any]:
        text = self._text("metrics", *METRICS)
        if not text:
            return {}
        try:
            metrics = decode(text.encode()).payload
        except MalformedRequest as error:
            self._fault("metrics", error.detail, METRICS[1])
            return {}
        if not isinstance(metrics, Mapping) or not _is_storable(metrics):
            self._fault("metrics", "not an object, or with NaN, Infinity or NUL", METRICS[1])
            return {}
        return metrics

    def _fault(self, name: str, detail: str, accepted: str) -> None:
        self._faults.append(Fault(name, detail, accepted))


def _check_head(request: HttpRequest) -> None:
    """What can be refused before the body is read."""
    if request.content_type != FORM:
        got = request.content_type or "none"
        raise UnsupportedMediaType(f"content type {got[:100]}: {FORM} is accepted")
    if is_chunked(request):
        raise LengthRequired("send Content-Length instead of chunks")
    length = content_length(request)
    if length > settings.MAX_UPLOAD_BYTES:
        raise BodyTooLarge(f"{length} bytes: at most {settings.MAX_UPLOAD_BYTES} are accepted")


def _is_storable(value: Any) -> bool:
    """Whether PostgreSQL's jsonb keeps it: finite numbers, no NUL."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return "\x00" not in value
    if isinstance(value, Mapping):
        return all(_is_storable(name) and _is_storable(inner) for name, inner in value.items())
    if isinstance(value, list):
        return all(_is_storable(inner) for inner in value)
    return True
