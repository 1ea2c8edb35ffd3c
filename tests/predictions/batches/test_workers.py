"""With a real worker and a real broker: what is killed or lost costs time, and nothing else."""

import http.client
import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import redis
from django.db import transaction

from predictions.batches.models import Batch
from predictions.batches.splitting import split_batch
from tests.live import Live, wait_until
from tests.predictions.batches.conftest import (
    CSV,
    PATH,
    Asking,
    Start,
    Table,
    as_csv,
    kill,
    read_csv,
)
from tests.predictions.conftest import OwnDatabase

ROWS = 3_000
CHUNK = 15
SECONDS = 90


def chunks_done(batch: Batch) -> int:
    return batch.chunks.exclude(done_at=None).count()


def test_it_works(
    committed: Asking, start_worker: Start, own_database: OwnDatabase, homes: Table, settings: Any
) -> None:
    """The broker forgets everything, twice, and the worker is killed: each row exactly once."""
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    broker.flushdb()
    settings.BATCH_CHUNK_ROWS = CHUNK
    sent = [homes[place % len(homes)] for place in range(ROWS)]
    batch = committed.accepted(as_csv(sent))
    first = start_worker()
    wait_until(lambda: chunks_done(batch) >= 3, SECONDS)
    broker.flushdb()
    before = chunks_done(batch)
    wait_until(lambda: chunks_done(batch) > before + 1, SECONDS)  # those at work go on
    kill(first)
    done = chunks_done(batch)
    assert done < ROWS / CHUNK, "too quick to be killed amid it"
    broker.flushdb()
    start_worker()
    wait_until(lambda: Batch.objects.get(pk=batch.pk).finished_at is not None, SECONDS)
    batch.refresh_from_db()
    assert (batch.state, batch.error) == ("done", "")
    found = read_csv(committed.results(batch))
    assert [row["id"] for row in found] == [row["id"] for row in sent]
    assert all(row["prediction"] and not row["error"] for row in found)
    with own_database.connect() as database:
        logged = Counter(
            str(identity)
            for (identity,) in database.execute(
                "SELECT id FROM predictions_prediction WHERE request_id = %s", [str(batch.pk)]
            )
        )
    assert logged == Counter(row["prediction_id"] for row in found)
    assert set(logged.values()) == {1}


def test_pieces_of_one_batch_are_scored_at_the_same_time(
    committed: Asking, own_database: OwnDatabase, homes: Table, small_chunks: None
) -> None:
    """Who scores one has that one alone, and nothing of the batch."""
    batch = committed.accepted(as_csv(homes[:20]))
    split_batch(batch, tell=False)
    batch.refresh_from_db()
    with own_database.connect() as other:
        for number in (0, 1):
            other.execute("BEGIN")
            with transaction.atomic():
                assert batch.chunks.claimed(number) is not None
                # Refused if anybody has it.
                other.execute(
                    "SELECT FROM batches_batch WHERE id = %s FOR UPDATE NOWAIT", [batch.pk]
                )
                free = other.execute(
                    "SELECT number FROM batches_batchchunk WHERE batch_id = %s "
                    "FOR UPDATE SKIP LOCKED",
                    [batch.pk],
                )
                assert sorted(free.fetchall()) == [(n,) for n in range(3) if n != number]
            other.execute("COMMIT")


def in_pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


def finished(live: Live, path: str) -> dict[str, Any]:
    wait_until(lambda: live.get(path)[1]["finished_at"] is not None, SECONDS)
    return live.get(path)[1]


def test_a_file_is_streamed_in_chunks_and_back(live: Live, homes: Table) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=30)
    content = as_csv(homes[:500])
    connection.request("POST", PATH, in_pieces(content), {"Content-Type": CSV}, encode_chunked=True)
    response = connection.getresponse()
    accepted = json.loads(response.read())
    assert response.status == 202, accepted
    document = finished(live, accepted["links"]["self"])
    assert (document["state"], document["error"]) == ("done", None)
    connection.request("GET", document["links"]["csv"])
    found = read_csv(connection.getresponse().read())
    assert [row["id"] for row in found] == [row["id"] for row in homes[:500]]
    assert accepted["file"]["bytes"] == len(content)


def batches_of(live: Live) -> list[Any]:
    with live.database() as database:
        return database.execute("SELECT id FROM batches_batch ORDER BY id").fetchall()


def test_of_a_client_that_goes_away_nothing_stays(live: Live, homes: Table) -> None:
    folder = live.var / "batches"
    before = set(folder.iterdir()) if folder.exists() else set()
    known = batches_of(live)
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=30)
    connection.putrequest("POST", PATH)
    connection.putheader("Content-Type", CSV)
    connection.putheader("Content-Length", "10000000")
    connection.endheaders(as_csv(homes * 2))
    wait_until(lambda: folder.exists() and set(folder.iterdir()) != before)
    connection.close()
    wait_until(lambda: set(folder.iterdir()) == before)
    assert batches_of(live) == known
