"""Files of the service's storages, to the folder of a backup and back."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import storages

from ops.backup.manifest import StoredFile, digest_of, pieces


def copy_out(storage: str, name: str, folder: Path) -> StoredFile:
    """Into the backup. Raises OSError: it is not there (any more)."""
    place = folder / storage / name
    place.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with storages[storage].open(name, "rb") as source, place.open("wb") as copy:
        for piece in pieces(source):
            digest.update(piece)
            size += len(piece)
            copy.write(piece)
        copy.flush()
        os.fsync(copy.fileno())
    return StoredFile(storage, name, size, digest.hexdigest())


def sync_folders(folder: Path) -> None:
    """What is in them, and below them, is there after a power failure too: files are synced."""
    for place, _, _ in os.walk(folder, topdown=False):
        sync_folder(Path(place))


def sync_folder(folder: Path) -> None:
    """Its names."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def faults_in(folder: Path, files: list[StoredFile]) -> Iterator[str]:
    """What the backup lacks of what its manifest names."""
    for file in files:
        try:
            if digest_of(folder / file.place) != file.sha256:
                yield f"{file.place} is not what was backed up"
        except OSError as error:
            yield f"{file.place}: {error.strerror}"


def copy_back(folder: Path, file: StoredFile) -> bool:
    """Whether it had to be written: what is there already, and right, stays. Raises OSError."""
    storage = storages[file.storage]
    if storage.exists(file.name):
        if digest_in(file) == file.sha256:
            return False
        storage.delete(file.name)
    with (folder / file.place).open("rb") as source:
        storage.save(file.name, File(source))
    return True


def digest_in(file: StoredFile) -> str:
    """SHA-256 of what the storage has under its name; empty if nothing. Raises OSError."""
    try:
        with storages[file.storage].open(file.name, "rb") as content:
            digest = hashlib.sha256()
            for piece in pieces(content):
                digest.update(piece)
            return digest.hexdigest()
    except FileNotFoundError:
        return ""
