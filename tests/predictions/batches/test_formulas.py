"""What a spreadsheet would calculate is text in the results of a batch."""

import io
import json

import pyarrow.parquet as pq

from tests.predictions.batches.conftest import Asking, Table, as_csv, read_csv


def test_it_works(asking: Asking, homes: Table) -> None:
    """In its names too. Numbers with a sign stay numbers; what programs read has all as it came."""
    notes = ["=1+1", "+A1", "-1+1", "@SUM(1)", "\t=1", "＝1", "-1.5e3", "+7", "a=1", "-", ""]
    sent = [{**row, "=name": note} for row, note in zip(homes, notes, strict=False)]
    batch = asking.scored(as_csv(sent))
    found = [row["'=name"] for row in read_csv(asking.results(batch))]
    assert found == [*(f"'{note}" for note in notes[:6]), *notes[6:9], "'-", ""]
    table = pq.read_table(io.BytesIO(asking.results(batch, "parquet")))
    assert table["=name"].to_pylist() == notes
    lines = asking.results(batch, "jsonl").splitlines()
    assert [json.loads(line)["=name"] for line in lines] == notes
