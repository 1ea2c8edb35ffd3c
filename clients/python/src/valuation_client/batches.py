"""Files that workers score: how they are sent, watched and read."""

import io
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

import httpx

from valuation_client.asking import as_json
from valuation_client.errors import BatchFailed, Fault, UnexpectedAnswer, WaitTimeout
from valuation_client.homes import Model
from valuation_client.transport import Body, fault_of

State = Literal["accepted", "scoring", "assembling", "done", "failed", "cancelled"]
Format = Literal["csv", "jsonl"]
ResultFormat = Literal["csv", "jsonl", "parquet"]
Rows = Iterable[Mapping[str, object]]
Source = str | os.PathLike[str] | bytes | Rows
"""A file by its path, its content, or rows."""

UNFINISHED = frozenset({"accepted", "scoring", "assembling"})
MEDIA_TYPES: Mapping[str, str] = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
_JSON_SUFFIXES = (".jsonl", ".ndjson")
BLOCK = 65_536
FIRST_LOOK, LONGEST_LOOK = 0.2, 5.0
"""Seconds between two looks at a batch."""


@dataclass(frozen=True, slots=True)
class BatchFile:
    name: str | None
    bytes: int
    format: Format
    separator: str | None
    columns: tuple[str, ...]
    carried: tuple[str, ...]
    """Columns that the model is not asked with; the results have them too."""


@dataclass(frozen=True, slots=True)
class BatchRows:
    total: int | None
    """None: not counted yet."""
    done: int
    failed: int
    """Of those done: in error."""


@dataclass(frozen=True, slots=True)
class BadRow:
    row: int
    """1: the first after the header."""
    id: str
    errors: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class BatchErrors:
    by_field: Mapping[str, int]
    first: tuple[BadRow, ...]
    """At most 100."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A file that is being scored, as it stood when it was asked."""

    id: str
    state: State
    error: str | None
    """Why it failed."""
    predictor: str
    model: Model
    file: BatchFile
    rows: BatchRows
    errors: BatchErrors
    links: Mapping[str, str]
    rows_per_second: float | None = None
    seconds_left: float | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """A row of the results."""

    cells: Mapping[str, str] = field(repr=False)
    """Its columns as they came, as text; empty where the row had none."""
    prediction: float | None
    """None: the row is in error."""
    lower: float | None
    upper: float | None
    """Bounds of the interval, if the model has one."""
    model_version: int | None
    prediction_id: str
    error: str
    """Empty if there is none."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What is sent, and whether it can be made again for another attempt."""

    format: Format
    body: Callable[[], Body]
    is_repeatable: bool


def upload_of(source: Source, format: Format | None) -> Upload:
    """A path's format is seen from its suffix, bytes are CSV, unless it is said; rows are sent as
    JSON lines, as they come: they are not held in memory."""
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        suffixed: Format = "jsonl" if path.suffix.lower() in _JSON_SUFFIXES else "csv"
        return Upload(format or suffixed, lambda: path.open("rb"), True)
    if isinstance(source, bytes):
        return Upload(format or "csv", lambda: source, True)
    if format == "csv":
        raise ValueError("rows are sent as JSON lines; for CSV give a path, or bytes")
    return Upload("jsonl", lambda: json_lines(source), iter(source) is not source)


def json_lines(rows: Rows) -> Iterator[bytes]:
    """A few thousand rows at a time."""
    waiting = bytearray()
    for row in rows:
        waiting += as_json(row) + b"\n"
        if len(waiting) >= BLOCK:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def wait_until_done(
    look: Callable[[], Batch], *, timeout: float | None, on_progress: Callable[[Batch], object]
) -> Batch:
    """The last look begins when the time is up. Raises BatchFailed, WaitTimeout."""
    deadline = math.inf if timeout is None else time.monotonic() + timeout
    pause = FIRST_LOOK
    while True:
        is_last = time.monotonic() >= deadline
        found = look()
        on_progress(found)
        if found.is_finished:
            break
        if is_last:
            raise WaitTimeout(f"batch {found.id} is still {found.state}")
        soon = LONGEST_LOOK if found.seconds_left is None else found.seconds_left
        wait = max(FIRST_LOOK, min(pause, soon))
        time.sleep(max(0.0, min(wait, deadline - time.monotonic())))
        pause = min(pause * 1.5, LONGEST_LOOK)
    if found.state != "done":
        raise BatchFailed(batch_id=found.id, state=found.state, error=found.error)
    return found


class _Arriving(io.RawIOBase):
    """The body of an answer as a file that is read once."""

    def __init__(self, response: httpx.Response) -> None:
        self._blocks = response.iter_bytes(BLOCK)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        assert isinstance(buffer, memoryview)
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


OURS = ("prediction", "lower", "upper", "model_version", "prediction_id", "error")
_NO_RESULTS = "these are no results of a batch"


def scored_rows(ask: Callable[[], httpx.Response]) -> Iterator[ScoredRow]:
    """Of the results as JSON lines, as they come; asked for when the first row is. Raises
    ConnectionFailed if they end too early, UnexpectedAnswer if it is something else."""
    with closing(ask()) as response:
        if not response.headers.get("Content-Type", "").startswith(MEDIA_TYPES["jsonl"]):
            raise UnexpectedAnswer(f"{_NO_RESULTS}: they are no JSON lines")
        try:
            # Ends of lines are \n alone: in a cell there may be whatever Unicode calls one.
            for line in io.BufferedReader(_Arriving(response)):
                yield _scored(line)
        except httpx.RequestError as error:
            raise fault_of(error) from error


def _scored(line: bytes) -> ScoredRow:
    try:
        cells = json.loads(line)
        prediction, lower, upper, version, identity, error = (cells.pop(name) for name in OURS)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UnexpectedAnswer(f"{_NO_RESULTS}: a row is none") from None
    return ScoredRow(
        cells={name: cell or "" for name, cell in cells.items()},
        prediction=_number(prediction),
        lower=_number(lower),
        upper=_number(upper),
        model_version=version,
        prediction_id=identity,
        error=error or "",
    )


def _number(found: float | None) -> float | None:
    return None if found is None else float(found)


def result_format(path: Path) -> ResultFormat:
    """As its suffix says; else CSV."""
    if path.suffix.lower() in _JSON_SUFFIXES:
        return "jsonl"
    return "parquet" if path.suffix.lower() == ".parquet" else "csv"


def write_to(path: Path, response: httpx.Response) -> None:
    """Whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            _copy(response, file)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _copy(response: httpx.Response, file: IO[bytes]) -> None:
    with closing(response):
        for block in response.iter_bytes(BLOCK):
            file.write(block)
