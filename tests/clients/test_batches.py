"""Files through the client, scored by the workers of a real service."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from predictors.homes.ml.schema import HOME_COLUMNS
from tests.live import SAMPLE, Live
from valuation_client import Batch, BatchFailed, Client, InvalidInput, ScoredRow, WaitTimeout

ROWS = 10_000
BAD = 17
"""Every so many rows one is refused."""
NOTES = ('said "so"\u2028twice', "+1 206 555 0100", "=1+1", "two\nlines", "")
"""What spreadsheets, CSV and JSON each do something about."""


@dataclass
class Scored:
    homes: list[dict[str, str]]
    batch: Batch
    looks: list[Batch]
    rows: list[ScoredRow]


def homes() -> Iterator[dict[str, str]]:
    with (SAMPLE / "future_unseen_examples.csv").open(newline="") as file:
        known = list(csv.DictReader(file))
    for number in range(ROWS):
        home = known[number % len(known)] | {"note": NOTES[number % len(NOTES)]}
        yield home | ({"bedrooms": "-1"} if number % BAD == 0 else {})


@pytest.fixture(scope="module")
def scored(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """Ten thousand rows: written, sent, waited for and read."""
    file = tmp_path_factory.mktemp("rows") / "homes.csv"
    rows = list(homes())
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, [*HOME_COLUMNS, "note"], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    looks: list[Batch] = []
    with Client(live.url) as client:
        batch = client.wait(client.submit_batch(file), timeout=120, on_progress=looks.append)
        return Scored(rows, batch, looks, list(client.results(batch)))


def test_it_works(scored: Scored, client: Client) -> None:
    """Ten thousand rows come back in their order, each with its answer or why it has none."""
    refused = len(range(0, ROWS, BAD))
    assert scored.batch.rows.done == ROWS
    assert scored.batch.rows.failed == refused
    assert [dict(row.cells) for row in scored.rows] == scored.homes
    assert sum(row.prediction is None for row in scored.rows) == refused
    assert all((row.error == "") == (row.prediction is not None) for row in scored.rows)
    assert scored.rows[0].error.startswith("bedrooms: ")
    for row in scored.rows[1:4]:
        estimate = client.value_home(facts_in(row))
        assert row.prediction == estimate.prediction
        assert row.model_version == estimate.model.version
        assert client.prediction(row.prediction_id).status == 200


def facts_in(row: ScoredRow) -> dict[str, object]:
    facts: dict[str, object] = {name: float(row.cells[name]) for name in HOME_COLUMNS}
    return facts | {"zipcode": row.cells["zipcode"]}


def test_progress_is_told_until_it_is_done(scored: Scored) -> None:
    assert scored.looks[-1].state == "done"
    done = [look.rows.done for look in scored.looks]
    assert done == sorted(done)
    assert scored.batch.errors.first[0].row == 1
    assert scored.batch.errors.by_field == {"bedrooms": len(range(0, ROWS, BAD))}


def test_the_results_are_saved_as_a_file(scored: Scored, client: Client, tmp_path: Path) -> None:
    saved = client.download(scored.batch, tmp_path / "scored.parquet")
    assert pq.read_table(saved).num_rows == ROWS
    content = client.download(scored.batch.id, tmp_path / "scored.csv").read_bytes()
    assert content.count(b"\r\n") == ROWS + 1
    lines = client.download(scored.batch, tmp_path / "scored.jsonl").read_bytes()
    assert lines.count(b"\n") == ROWS
    assert len(list(tmp_path.iterdir())) == 3


def test_rows_are_sent_as_they_are_made(client: Client, home: dict[str, Any]) -> None:
    made = ({**home, "mine": number} for number in range(20))
    batch = client.wait(client.submit_batch(made, model=1), timeout=60)
    assert [row.cells["mine"] for row in client.results(batch.id)] == [str(n) for n in range(20)]
    assert batch.file.format == "jsonl"


def test_who_waits_no_longer_is_told_and_a_cancelled_batch_is_no_result(
    client: Client, tmp_path: Path
) -> None:
    batch = client.submit_batch(list(homes()))
    with pytest.raises(WaitTimeout):
        client.wait(batch, timeout=0)
    client.cancel(batch)
    with pytest.raises(BatchFailed, match="cancelled"):
        client.wait(batch, timeout=30)


def test_a_file_that_cannot_be_scored_is_refused_at_once(client: Client) -> None:
    with pytest.raises(InvalidInput, match="invalid-file") as refused:
        client.submit_batch(b"bedrooms,colour\n3,red\n")
    assert "sqft_living" in {error.field for error in refused.value.errors}


def test_a_key_for_batches_is_enough(with_key: Callable[[str], Client]) -> None:
    content = b"\n".join((SAMPLE / "future_unseen_examples.csv").read_bytes().splitlines()[:3])
    client = with_key("batch")
    assert client.wait(client.submit_batch(content), timeout=30).rows.total == 2
