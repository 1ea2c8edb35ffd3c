"""`manifest.json` of a backup: what is in it, so that a restored service can be held against it."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from ops.backup.errors import CannotRestore

FILE, DUMP, FORMAT = "manifest.json", "database.dump", 1
PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class TableSum:
    rows: int
    checksum: str
    """Of all rows in whatever order: the sum of 60 bits of each row's MD5, in decimal digits."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    storage: str
    """Of Django's STORAGES: `artifacts` or `batches`."""
    name: str
    bytes: int
    sha256: str

    @property
    def place(self) -> str:
        """In the folder of the backup."""
        return f"{self.storage}/{self.name}"


@dataclass(frozen=True, slots=True)
class Contents:
    """Of one database at one moment."""

    tables: dict[str, TableSum]
    """By name; a partitioned table is counted in its partitions."""
    sequences: dict[str, int]
    definitions: dict[str, str]
    """MD5 of what a trigger, constraint, index or function says, by kind and name."""


@dataclass(frozen=True, slots=True)
class Manifest:
    made_at: str
    """RFC 3339, UTC: the moment of which the backup is."""
    release: str
    server: int
    """Major version of PostgreSQL."""
    roles: list[str]
    """Who has rights in it: there must be such roles where it is restored."""
    dump_bytes: int
    dump_sha256: str
    contents: Contents
    files: list[StoredFile]
    lost: list[str]
    """Places of files that were missing, or not what their rows say: they are not in it."""
    left_out: list[str] = field(default_factory=list)
    """Schemas of that database that are not the service's: they are not in it."""

    def write(self, folder: Path) -> None:
        document = {"format": FORMAT, **asdict(self)}
        with (folder / FILE).open("w") as file:
            file.write(json.dumps(document, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())

    @property
    def bytes(self) -> int:
        return self.dump_bytes + sum(file.bytes for file in self.files)


def read_manifest(folder: Path) -> Manifest:
    """Raises CannotRestore: it is none, or of a later form."""
    try:
        document: dict[str, Any] = json.loads((folder / FILE).read_text())
        form = document.pop("format")
        if form != FORMAT:
            raise CannotRestore(f"{folder} has form {form}; this release reads form {FORMAT}")
        contents = document.pop("contents")
        return Manifest(
            contents=Contents(
                tables={name: TableSum(**one) for name, one in contents["tables"].items()},
                sequences=contents["sequences"],
                definitions=contents["definitions"],
            ),
            files=[StoredFile(**one) for one in document.pop("files")],
            **document,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotRestore(f"{folder} is no whole backup: {FILE}: {error}") from error


def digest_of(file: Path) -> str:
    """SHA-256. Raises OSError."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece
