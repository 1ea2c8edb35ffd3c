"""What kind of file it is, and whether it can be scored at all: read from its beginning."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import orjson

from learning.fields import Fault
from predictions.batches.errors import InvalidFile
from predictions.batches.records import Record, cells_of, csv_records, is_empty
from predictions.contract import Predictor

HEAD_BYTES = 65_536
MOST_COLUMNS = 500
RESULT_COLUMNS = ("prediction", "lower", "upper", "model_version", "prediction_id", "error")
SEPARATORS = (",", ";", "\t")
_BOM = b"\xef\xbb\xbf"
# Excel's own line before the header.
_SEPARATOR_LINE = re.compile(rb'"?sep=([,;\t])"?[,;\t]*\r?\n', re.IGNORECASE)
_SAVE_AS = "save it as CSV UTF-8 (in Excel: “CSV UTF-8”)"
_OTHER_KINDS = (
    (b"\xff\xfe", f"the file is UTF-16; {_SAVE_AS}"),
    (b"\xfe\xff", f"the file is UTF-16; {_SAVE_AS}"),
    (b"PK\x03\x04", f"the file is a workbook or a ZIP; {_SAVE_AS}"),
    (b"\x1f\x8b", "the file is compressed with gzip; send it as it is"),
    (b"PAR1", "the file is Parquet; CSV and JSON lines are accepted"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    separator: str
    begins: int
    """Where the first row begins, bytes."""
    columns: tuple[str, ...]
    minimal: bool
    """It has what the model needs, but not all facts that there are."""


def read_layout(
    head: bytes, *, is_csv: bool, predictor: Predictor, feature_names: Sequence[str]
) -> Layout:
    """From the first HEAD_BYTES. Raises InvalidFile, with every column that is wrong."""
    _check_encoding(head)
    begins = len(_BOM) if head.startswith(_BOM) else 0
    if not head[begins:].strip():
        raise InvalidFile("the file is empty")
    separator = ","
    if is_csv:
        separator, begins, columns = _header(head, begins, predictor)
        if len(head) < HEAD_BYTES and not head[begins:].strip():
            raise InvalidFile("the file has a header and no rows")
    else:
        columns = _keys(head, begins)
    return Layout(separator, begins, columns, _is_minimal(columns, predictor, feature_names))


def _check_encoding(head: bytes) -> None:
    for beginning, detail in _OTHER_KINDS:
        if head.startswith(beginning):
            raise InvalidFile(detail)
    if b"\x00" in head:
        raise InvalidFile(f"there are NUL characters in it, as in UTF-16; {_SAVE_AS}")
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The head may end amid a character.
        if error.start < len(head) - 3 or len(head) < HEAD_BYTES:
            raise InvalidFile(f"not UTF-8 at byte {error.start:,}; {_SAVE_AS}") from None


def _header(head: bytes, begins: int, predictor: Predictor) -> tuple[str, int, tuple[str, ...]]:
    """Separator, where the first row begins, names of the columns."""
    said = _SEPARATOR_LINE.match(head, begins)
    candidates: Iterable[str] = SEPARATORS
    if said:
        begins, candidates = said.end(), (said[1].decode(),)
    facts = {field.name for field in predictor.fields()}
    best = max(
        (_header_by(head[begins:], separator) for separator in candidates),
        key=lambda found: (len(facts.intersection(found[2])), len(found[2])),
    )
    separator, length, names = best
    if not names or begins + length >= HEAD_BYTES:  # or it may go on behind them
        raise InvalidFile(f"there is no header that can be read in the first {HEAD_BYTES:,} bytes")
    return separator, begins + length, names


def _header_by(head: bytes, separator: str) -> tuple[str, int, tuple[str, ...]]:
    """Without names if this is not what separates them."""
    length = 0
    for record in csv_records(BytesIO(head).readline, separator):
        length += record.length
        if not is_empty(record):
            return separator, length, _names(record, separator)
    return separator, length, ()


def _names(record: Record, separator: str) -> tuple[str, ...]:
    try:
        cells = cells_of(record.raw.decode(errors="replace"), separator)
    except csv.Error:
        return ()
    names = [name.strip() for name in cells]
    while names and not names[-1]:  # the commas that spreadsheets leave at the end
        names.pop()
    return tuple(names)


def _keys(head: bytes, begins: int) -> tuple[str, ...]:
    """All that the first lines have, in the order in which they come."""
    lines = head[begins:].split(b"\n")
    if len(head) >= HEAD_BYTES:
        lines = lines[:-1]  # cut off
    found: dict[str, None] = {}
    for line in lines:
        try:
            value: Any = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(value, dict):
            found |= dict.fromkeys(value)
    if not found:
        raise InvalidFile(f"none of the lines in its first {HEAD_BYTES:,} bytes is a JSON object")
    return tuple(found)


def _is_minimal(columns: Sequence[str], predictor: Predictor, feature_names: Sequence[str]) -> bool:
    """Raises InvalidFile with every column that is missing, twice there, or not accepted."""
    faults = _faults_in(columns, predictor)
    given = set(columns)
    for minimal in (False, True):
        fields = predictor.fields(feature_names if minimal else None)
        missing = [field for field in fields if not field.optional and field.name not in given]
        if not missing:
            break
    faults += [Fault(field.name, "the column is missing", field.accepted) for field in missing]
    if faults:
        named = ", ".join(dict.fromkeys(fault.field for fault in faults[:20]))
        raise InvalidFile(f"columns are not as they should be: {named}", faults)
    return minimal


def _faults_in(columns: Sequence[str], predictor: Predictor) -> list[Fault]:
    if len(columns) > MOST_COLUMNS:
        raise InvalidFile(f"{len(columns):,} columns: at most {MOST_COLUMNS} are accepted")
    joined = predictor.known_features - {field.name for field in predictor.fields()}
    faults = []
    for name, times in Counter(columns).items():
        shown = name[:100].replace("\x00", "\ufffd")
        if times > 1:
            faults.append(Fault(shown, f"{times} columns have this name", "each name once"))
        if "\x00" in name:
            faults.append(Fault(shown, "a NUL character in it", "a name of visible characters"))
        if name in joined:
            detail = "the server joins this by itself; do not send it"
            faults.append(Fault(shown, detail, "a file without this column"))
        if name in RESULT_COLUMNS:
            detail = "the results have a column of this name"
            faults.append(Fault(shown, detail, "another name for this column"))
    return faults
