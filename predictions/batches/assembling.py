"""The results of a batch: its pieces, in order, as one Parquet file; as CSV while it is read."""

from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models.functions import Now

from predictions.batches.errors import BatchNotDone, ResultsGone
from predictions.batches.intake import new_name, remove_files
from predictions.batches.models import Batch, State, batch_storage
from predictions.batches.splitting import have_alone

BLOCK = 1024 * 1024
RESULTS = "results"
# How the cells begin that Excel, Calc or Sheets take for formulas (OWASP: CSV injection), also wide
# as in East Asia. Numbers with a sign are none.
_FORMULA = "^[=+\\-@\t\r\n＝＋－＠]"
_NUMBER = r"^[+-](?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"


def assemble_batch(batch: Batch) -> None:
    """Once all of its pieces are there: does nothing before, nor if somebody is at it."""
    this = Batch.objects.filter(pk=batch.pk)
    if batch.chunks.count_waiting() or batch.rows is None:
        return
    this.step(State.ASSEMBLING, begun=1)
    with transaction.atomic():
        if not have_alone(batch) or not this.filter(state=State.ASSEMBLING).exists():
            return
        storage = batch_storage()
        remove_files(batch.folder, beginning=f"{RESULTS}-")  # of workers that were killed in it
        name = storage.save(new_name(batch.folder, RESULTS), ContentFile(b""))
        pieces = list(batch.chunks.order_by("number").values_list("result", flat=True))
        with storage.open(name, "wb") as file:
            _join(pieces, file)
        done = this.step(State.DONE, result=name, finished_at=Now())
    if not done:  # cancelled meanwhile
        storage.delete(name)
        return
    for piece in pieces:
        storage.delete(piece)


def _join(pieces: list[str], file: Any) -> None:
    """One row group for each."""
    writer: pq.ParquetWriter | None = None
    for piece in pieces:
        with batch_storage().open(piece, "rb") as part:
            table = pq.read_table(BytesIO(part.read()))
        if writer is None:
            writer = pq.ParquetWriter(file, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def open_results(batch: Batch) -> IO[Any]:
    """The Parquet file. Raises BatchNotDone, ResultsGone."""
    if batch.state != State.DONE:
        raise BatchNotDone(f"the batch is {batch.state}", state=batch.state)
    if batch.files_removed_at is not None:
        raise ResultsGone(f"they were removed on {batch.files_removed_at:%Y-%m-%d}")
    try:
        file: IO[Any] = batch_storage().open(batch.result, "rb")
    except FileNotFoundError:
        raise ResultsGone("they are no longer in the storage") from None
    return file


def in_blocks(file: IO[Any]) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK):
            yield block


def as_csv(file: IO[Any], separator: str) -> Iterator[bytes]:
    """Row group by row group. Cells are written as they came, but for formulas, in quotes where CSV
    needs them."""
    with file:
        source = pq.ParquetFile(file)
        names = pa.table(
            [pa.array([name]) for name in source.schema_arrow.names], [*source.schema_arrow.names]
        )
        yield _lines(names, separator)
        for number in range(source.num_row_groups):
            yield _lines(source.read_row_group(number), separator)


def _lines(table: pa.Table, separator: str) -> bytes:
    """RFC 4180, by columns: a few microseconds a row, most of them without the interpreter."""
    cells = [_quoted(_inert(_as_text(column)), separator) for column in table.columns]
    lines = pc.binary_join_element_wise(*cells, separator)
    text = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "\r\n")
    return bytes(text[0].as_buffer()) + b"\r\n"


def _as_text(column: pa.ChunkedArray) -> pa.StringArray:
    return column.combine_chunks().cast(pa.string()).fill_null("")


def _inert(cells: pa.StringArray) -> pa.StringArray:
    """What a spreadsheet would calculate, or run, with an apostrophe before it: text for it too."""
    risky = pc.match_substring_regex(cells, _FORMULA)
    if not pc.any(risky).as_py():
        return cells
    risky = pc.and_not(risky, pc.match_substring_regex(cells, _NUMBER))
    return pc.if_else(risky, pc.binary_join_element_wise("'", cells, ""), cells)


def _quoted(cells: pa.StringArray, separator: str) -> pa.StringArray:
    special = pc.match_substring_regex(cells, f'["\r\n{separator}]')
    if not pc.any(special).as_py():
        return cells
    doubled = pc.replace_substring(cells, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), cells)
