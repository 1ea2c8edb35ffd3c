"""The file to which a web process writes each request that it answered.

What is written stays when the process is killed: the kernel has it. While its process lives the
file is locked, so that others see which files nobody will write to again.
"""

import contextlib
import fcntl
import logging
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

SUFFIX = ".spool"
# With the database there, a file so large is left for a new one.
LARGE_BYTES = 16 * 2**20
# With the database away for long, records wait: so many bytes of each process, not the whole disk.
MOST_BYTES = 256 * 2**20


class Spool:
    """One process's. `append` may be called by any of its threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._descriptor = -1
        self._size = 0
        self._is_torn = False
        self._is_losing = False
        self._is_ended = False
        self._lost = 0
        self.name = ""

    def begin(self) -> None:
        """With a new file. What cannot be written is said in the log; requests go on.

        After `end` nothing is begun.
        """
        if self._is_ended:
            return
        try:
            name, descriptor = _made(self._folder)
        except OSError as error:
            with self._lock:
                if self._descriptor < 0:  # else the file before goes on
                    self._lose(str(error), requests=0)
            return
        with self._lock:
            if self._is_ended:  # meanwhile: whoever comes next removes the file
                former = descriptor
            else:
                former, self._descriptor = self._descriptor, descriptor
                self.name, self._size, self._is_torn = name, 0, False
        if former >= 0:
            os.close(former)

    def end(self) -> None:
        """Nobody writes to the file from now on: whoever comes first reads the rest."""
        with self._lock:
            self._is_ended = True
            former, self._descriptor = self._descriptor, -1
        if former >= 0:
            os.close(former)

    def append(self, record: bytes) -> None:
        """Never raises for what a disk can do: an answer does not depend on being counted."""
        with self._lock:
            if self._descriptor < 0 or self._size > MOST_BYTES:
                self._lose("no file" if self._descriptor < 0 else f"{self.name} is full")
                return
            try:
                wanted = b"\n" + record if self._is_torn else record
                written = os.write(self._descriptor, wanted)
            except OSError as error:
                self._lose(str(error))
                return
            self._size += written
            self._is_torn = written != len(wanted)
            if self._is_torn:
                self._lose("the disk is full")
            elif self._is_losing:
                logger.warning("requests are counted again; %d were not", self._lost)
                self._is_losing, self._lost = False, 0

    @property
    def is_open(self) -> bool:
        return self._descriptor >= 0

    @property
    def is_large(self) -> bool:
        return self._size > LARGE_BYTES

    def _lose(self, reason: str, *, requests: int = 1) -> None:
        """Said once, until one can be counted again."""
        if not self._is_losing:
            logger.error("requests cannot be counted: %s", reason)
        self._is_losing = True
        self._lost += requests


def spools(folder: Path) -> list[Path]:
    """All of this folder, in a fixed order."""
    return sorted(folder.glob(f"*{SUFFIX}"))


@contextlib.contextmanager
def abandoned(path: Path) -> Iterator[bool]:
    """Whether nobody writes to it any more; then nobody else finds so while this lasts."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _made(folder: Path) -> tuple[str, int]:
    """Locked before it has its name: nobody sees it without its owner. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it has addresses of callers
    name = str(uuid.uuid4())
    unseen = folder / f"{name}.new"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(unseen, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        unseen.rename(folder / f"{name}{SUFFIX}")
    except OSError:
        os.close(descriptor)
        raise
    return name, descriptor
