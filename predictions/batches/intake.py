"""A file on its way into the storage: looked at as it comes, kept only if it is accepted."""

import logging
import secrets
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore
from types import TracebackType
from typing import IO, Any

from django.conf import settings
from django.core.files.base import ContentFile

from predictions.batches.errors import NoRoom, StorageUnavailable
from predictions.batches.layout import HEAD_BYTES, Layout
from predictions.batches.models import batch_storage
from predictions.errors import BodyTooLarge

logger = logging.getLogger(__name__)

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
        if kind is not None:
            self.discard()

    def discard(self) -> None:
        """Nothing stays of it."""
        try:
            if self._file is not None:
                self._file.close()  # writes what is left; again without success on a full disk
        except OSError as failed:
            logger.warning("batch %s: %s", self.identity, failed)
        finally:
            if self.name:
                remove_files(str(self.identity))

    def write(self, content: bytes) -> None:
        """Raises BodyTooLarge, StorageUnavailable, and InvalidFile once the head has come."""
        self.size += len(content)
        check_size(self.size)
        if self._file is not None:
            with _storing():
                self._file.write(content)
            return
        self._head += content
        if len(self._head) >= HEAD_BYTES:
            self._begin()

    def finish(self) -> Layout:
        """Once all has come. Raises InvalidFile, StorageUnavailable."""
        if self._file is None:
            self._begin()
        assert self._file is not None and self._layout is not None
        with _storing():
            self._file.close()
        return self._layout

    def _begin(self) -> None:
        self._layout = self._read_head(self._head[:HEAD_BYTES])
        storage = batch_storage()
        with _storing():
            self.name = storage.save(f"{self.identity}/{UPLOAD}", ContentFile(b""))
            self._file = storage.open(self.name, "wb")
            self._file.write(self._head)
        self._head = b""


def check_size(size: int) -> None:
    """Of a file, so far. Raises BodyTooLarge."""
    if size > settings.MAX_BATCH_BYTES:
        raise BodyTooLarge(f"at most {settings.MAX_BATCH_BYTES:,} bytes are accepted")


@contextmanager
def _storing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        logger.exception("a file cannot be stored")
        raise StorageUnavailable(f"the file cannot be stored: {error.strerror}") from error


_places = BoundedSemaphore(settings.BATCH_UPLOADS)


@contextmanager
def place() -> Iterator[None]:
    """While a file comes: slow clients must not have all threads. Raises NoRoom."""
    if not _places.acquire(blocking=False):
        raise NoRoom("other files are being received; try again in a moment")
    try:
        yield
    finally:
        _places.release()


def new_name(folder: str, kind: str) -> str:
    """Never the same twice: what a killed worker left is not taken for a result."""
    return f"{folder}/{kind}-{secrets.token_hex(8)}"


def remove_files(folder: str, beginning: str = "") -> None:
    """All, and the folder; or those of which the name begins so."""
    storage = batch_storage()
    try:
        _, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    # The upload last: by it `old_folders` finds what a killed process left of the others.
    for name in sorted(files, key=lambda name: name == UPLOAD):
        if name.startswith(beginning):
            storage.delete(f"{folder}/{name}")
    if not beginning:
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
