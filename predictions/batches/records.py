"""Where the rows of a file begin and end, the same for who splits it and who scores a piece of it.

A row of CSV may go over several lines, inside quotes (RFC 4180, 2.6). Lines belong together until
their quotes are even in number. A quote that nobody closed must not swallow the rows behind it:
what does not read as one row then is a row that ends where its line does.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

# A row is a few hundred bytes.
LONGEST = 65_536
ReadLine = Callable[[int], bytes]


class Record(NamedTuple):
    length: int
    """Bytes in the file, the end of the line included."""
    raw: bytes
    """Empty if it is longer than LONGEST."""


def csv_records(read_line: ReadLine, separator: str) -> Iterator[Record]:
    """From the beginning of a row on, empty lines left in (`is_empty`)."""
    ahead: deque[Record] = deque()
    lines = _lines(read_line)
    while True:
        line = ahead.popleft() if ahead else next(lines, None)
        if line is None:
            return
        if line.raw.count(b'"') % 2:
            line = _joined(line, ahead, lines, separator)
        yield line


def json_records(read_line: ReadLine) -> Iterator[Record]:
    return _lines(read_line)


def is_empty(record: Record) -> bool:
    return record.length < 3 and not record.raw.strip()


def cells_of(text: str, separator: str) -> list[str]:
    """The cells of one row. Raises csv.Error."""
    if '"' not in text:
        return text.rstrip("\r\n").split(separator)
    rows = list(csv.reader((text,), delimiter=separator, strict=True))
    if len(rows) != 1:
        raise csv.Error("not one row")
    return rows[0]


def _joined(first: Record, ahead: deque[Record], lines: Iterator[Record], sep: str) -> Record:
    """`first` and the lines that it goes on in, or `first` alone; the others stay `ahead`."""
    taken = [first]
    length = first.length
    while length <= LONGEST:
        line = ahead.popleft() if ahead else next(lines, None)
        if line is None:
            break
        taken.append(line)
        length += line.length
        if line.raw.count(b'"') % 2:
            whole = Record(length, b"".join(one.raw for one in taken))
            if length <= LONGEST and _is_one_row(whole.raw, sep):
                return whole
            break
    ahead.extendleft(reversed(taken[1:]))
    return first


def _is_one_row(raw: bytes, separator: str) -> bool:
    try:
        cells_of(raw.decode(errors="replace"), separator)
    except csv.Error:
        return False
    return True


def _lines(read_line: ReadLine) -> Iterator[Record]:
    while raw := read_line(LONGEST + 1):
        if len(raw) <= LONGEST:
            yield Record(len(raw), raw)
            continue
        length = len(raw)
        while raw and not raw.endswith(b"\n"):
            raw = read_line(LONGEST + 1)
            length += len(raw)
        yield Record(length, b"")
