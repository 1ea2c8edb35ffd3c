"""The formats in which the results of a batch are given."""

from collections.abc import Iterator, Mapping
from typing import IO, Any

from predictions.batches.assembling import as_csv, in_blocks
from predictions.batches.json_lines import as_json_lines

FORMATS: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
"""By name; each with its media type."""


def results_as(name: str, file: IO[Any], *, separator: str) -> Iterator[bytes]:
    """`file`: the Parquet file; `separator`: of CSV."""
    if name == "parquet":
        return in_blocks(file)
    return as_json_lines(file) if name == "jsonl" else as_csv(file, separator)
