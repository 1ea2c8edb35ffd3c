"""Files and defects that workers die of, or that would never come to an end."""

import os
import tracemalloc
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest
from celery import current_app
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone

from predictions.batches import services
from predictions.batches.assembling import assemble_batch
from predictions.batches.failing import MOST_DEATHS, attempt
from predictions.batches.intake import new_name
from predictions.batches.models import Batch, State, batch_storage
from predictions.batches.scoring import RETRY_AFTER, Outcome, score_next
from predictions.batches.splitting import split_batch
from predictions.models import Prediction
from predictions.recording import record_many
from tests.predictions.batches.conftest import (
    Asking,
    Table,
    as_csv,
    read_csv,
    stored_files,
    work_off,
)
from tests.predictions.rows import row_of

pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.fixture
def split(asking: Asking, homes: Table) -> Batch:
    """A batch of three pieces."""
    batch = asking.accepted(as_csv(homes[:20]))
    split_batch(batch, tell=False)
    batch.refresh_from_db()
    return batch


def test_it_works(split: Batch) -> None:
    """Workers die of the first piece; others go on meanwhile, and in the end the batch says why."""
    for _ in range(MOST_DEATHS):
        chunk = split.chunks.begin(pause=RETRY_AFTER)  # and nothing more is heard of it
        assert chunk is not None and chunk.number == 0
        assert score_next(split) is not Outcome.LAST  # it is left alone for a while
        split.chunks.update(not_before=None)
    assert split.chunks.exclude(done_at=None).count() == 2
    assert score_next(split) is Outcome.NOTHING
    split.refresh_from_db()
    assert (split.state, split.error) == ("failed", "rows 1 to 7: workers died of it 6 times")


def test_a_database_that_takes_no_rows_is_no_death(split: Batch) -> None:
    url, name = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    with psycopg.connect(url, dbname=name) as other, connection.cursor() as cursor:
        other.execute("LOCK TABLE predictions_prediction IN EXCLUSIVE MODE")
        cursor.execute("SET LOCAL lock_timeout = '20ms'")
        for _ in range(MOST_DEATHS + 1):
            with pytest.raises(OperationalError):
                score_next(split)
            split.chunks.update(not_before=None)
    work_off(split)
    assert (split.state, split.error) == ("done", "")


@pytest.mark.parametrize("state", [State.ACCEPTED, State.ASSEMBLING])
def test_a_batch_that_workers_die_of_as_a_whole_fails(
    asking: Asking, homes: Table, state: State
) -> None:
    def die(batch: Batch) -> None:
        raise SystemExit

    batch = asking.accepted(as_csv(homes[:1]))
    Batch.objects.filter(pk=batch.pk).update(state=state)
    for _ in range(MOST_DEATHS):
        with pytest.raises(SystemExit):
            attempt(die, batch, state)
    attempt(die, batch, State.DONE)  # a message of before
    attempt(die, batch, state)
    batch.refresh_from_db()
    assert (batch.state, batch.error) == ("failed", "workers died of it 6 times")


def test_each_step_has_its_own_attempts(asking: Asking, homes: Table) -> None:
    batch = asking.accepted(as_csv(homes[:1]))
    Batch.objects.update(begun=MOST_DEATHS - 1)
    attempt(split_batch, batch, State.ACCEPTED)
    batch.refresh_from_db()
    assert (batch.state, batch.begun) == ("scoring", 0)


def test_what_a_killed_worker_assembled_is_removed(asking: Asking, split: Batch) -> None:
    while score_next(split) is Outcome.MORE:
        pass
    batch_storage().save(new_name(split.folder, "results"), ContentFile(b"a part"))
    assemble_batch(split)
    assert len(stored_files(split.pk)) == 2
    split.refresh_from_db()
    assert len(read_csv(asking.results(split))) == 20


def test_empty_lines_without_end_are_refused(asking: Asking, homes: Table, settings: Any) -> None:
    settings.BATCH_ROWS = 50
    content = as_csv(homes[:2])
    batch = asking.accepted(content + b"\n" * 51)
    work_off(batch)
    assert (batch.state, batch.error) == ("failed", "the file has more than 50 empty lines")
    header, rows = content.split(b"\r\n", 1)
    batch = asking.scored(header + b"\r\n" * 20 + rows + b"\n" * 20)
    assert len(read_csv(asking.results(batch))) == 2
    chunk = batch.chunks.get()
    assert chunk.offset == len(header) + 40


def test_a_row_as_long_as_the_file_is_never_in_memory(asking: Asking, homes: Table) -> None:
    size = 60_000_000
    batch = asking.accepted(as_csv(homes[:2]) + b"x" * size)
    tracemalloc.start()
    try:
        work_off(batch)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert asking.document(batch)["rows"] == {"total": 3, "done": 3, "failed": 1}
    assert peak < size / 2


def test_a_row_that_is_in_the_log_already_is_an_error_of_the_database(db: None) -> None:
    row = row_of(timezone.now())
    record_many([row])
    with pytest.raises(IntegrityError):
        record_many([row_of(timezone.now()), row])
    assert Prediction.objects.filter(request_id=row.request_id).count() == 1


def test_an_attempt_says_nothing_of_what_another_has_done(split: Batch) -> None:
    assert score_next(split) is Outcome.MORE
    assert split.chunks.tried_again(0, wait=RETRY_AFTER) == 0
    assert split.chunks.get(number=0).attempts == 0


def test_who_looks_after_batches_does_not_wait_behind_them() -> None:
    routes = current_app.amqp.router
    found = {
        deed: routes.route({}, f"predictions.batches.{deed}")["queue"].name
        for deed in ("look_after", "remove_old_files", "split", "score", "assemble")
    }
    assert found["look_after"] == found["remove_old_files"] == "default"
    assert found["split"] == found["score"] == found["assemble"] == "batches"


def test_messages_of_a_batch_that_has_to_wait_do_not_pile_up(asking: Asking, homes: Table) -> None:
    batch = asking.accepted(as_csv(homes[:1]))
    now = timezone.now()
    silence = services.SILENCE
    for created, sent, told in ((2, 2, 1), (9, 2, 0), (9, 5, 1), (1000, 29, 0), (1000, 31, 1)):
        Batch.objects.filter(pk=batch.pk).update(
            created_at=now - created * silence, sent_at=now - sent * silence
        )
        assert services.look_after() == told, (created, sent)


def test_the_command_refuses_what_it_cannot_write_before_it_begins(
    homes: Table, tmp_path: Path, db: None
) -> None:
    file = tmp_path / "homes.csv"
    file.write_bytes(as_csv(homes[:1]))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("score_batch", file, out=tmp_path / str(uuid.uuid4()) / "out.csv")
    assert not Batch.objects.exists()
