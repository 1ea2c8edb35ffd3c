"""A file on its way into the storage: looked at as it comes, kept only if it is accepted."""

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import IO, Any

from django.conf import settings
from django.core.files.base import ContentFile

from predictions.batches.layout import HEAD_BYTES, Layout
from predictions.batches.models import batch_storage
from predictions.errors import BodyTooLarge

UPLOAD = "upload"
ReadHead = Callable[[bytes], Layout]


class Intake:
    """`write` what comes, then `finish`; left by an exception, nothing stays."""

    def __init__(self, read_head: ReadHead) -> None:
        self.identity = uuid.uuid4()
        self.name = ""
        self.size = 0
        self._read_head = read_head
        self._layout: Layout | None = None
        self._head = b""
        self._file: IO[Any] | None = None

    def __enter__(self) -> "Intake":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
        if kind is not None and self.name:
            remove_files(str(self.identity))

    def write(self, content: bytes) -> None:
        """Raises BodyTooLarge, and InvalidFile as soon as the head has come."""
        self.size += len(content)
        if self.size > settings.MAX_BATCH_BYTES:
            raise BodyTooLarge(f"at most {settings.MAX_BATCH_BYTES:,} bytes are accepted")
        if self._file is not None:
            self._file.write(content)
            return
        self._head += content
        if len(self._head) >= HEAD_BYTES:
            self._begin()

    def finish(self) -> Layout:
        """Once all has come. Raises InvalidFile."""
        if self._file is None:
            self._begin()
        assert self._file is not None and self._layout is not None
        self._file.close()
        return self._layout

    def _begin(self) -> None:
        self._layout = self._read_head(self._head[:HEAD_BYTES])
        storage = batch_storage()
        self.name = storage.save(f"{self.identity}/{UPLOAD}", ContentFile(b""))
        self._file = storage.open(self.name, "wb")
        self._file.write(self._head)
        self._head = b""


def new_name(folder: str, kind: str) -> str:
    """Never the same twice: what a killed worker left is not taken for a result."""
    return f"{folder}/{kind}-{secrets.token_hex(8)}"


def remove_files(folder: str) -> None:
    storage = batch_storage()
    try:
        _, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        storage.delete(f"{folder}/{name}")
    storage.delete(folder)  # empty now, where there are folders


def old_folders(before: datetime) -> list[str]:
    """Whose file came before this moment."""
    storage = batch_storage()
    try:
        folders, _ = storage.listdir("")
    except FileNotFoundError:
        return []
    return [
        folder
        for folder in folders
        if storage.exists(f"{folder}/{UPLOAD}")
        and storage.get_modified_time(f"{folder}/{UPLOAD}") < before
    ]
