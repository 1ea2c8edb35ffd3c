"""The results of a batch as JSON lines, while they are read."""

import json
from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# At once: a row may be 64 KB, and six times that when it is escaped.
ROWS = 1_000
# RFC 8259, 7: what cannot stand in a string as it is.
_SPECIAL = r'["\\\x00-\x1f]'
_ESCAPES = {
    "\\": r"\\",
    '"': r"\"",
    **{chr(code): f"\\u{code:04x}" for code in range(0x20)},
}


def as_json_lines(file: IO[Any]) -> Iterator[bytes]:
    """An object per row. Cells of the file are text as they came, null where a row had none; the
    other columns are numbers and text, or null."""
    with file:
        for rows in pq.ParquetFile(file).iter_batches(batch_size=ROWS):
            yield _lines(rows)


def _lines(rows: pa.RecordBatch) -> bytes:
    """By columns, as CSV is made: most of the time without the interpreter, which others need."""
    parts: list[Any] = []
    for name, cells in zip(rows.schema.names, rows.columns, strict=True):
        key = json.dumps(name, ensure_ascii=False)
        parts += [f"{',' if parts else '{'}{key}:", _values(cells)]
    lines = pc.binary_join_element_wise(*parts, "}\n", "")
    text = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "")
    return bytes(text[0].as_buffer())


def _values(cells: pa.Array) -> pa.StringArray:
    if not pa.types.is_string(cells.type):
        return cells.cast(pa.string()).fill_null("null")
    if pc.any(pc.match_substring_regex(cells, _SPECIAL)).as_py():
        for character, escaped in _ESCAPES.items():
            cells = pc.replace_substring(cells, character, escaped)
    return pc.binary_join_element_wise('"', cells, '"', "").fill_null("null")
