"""The deeds around a batch; how it is worked on: splitting, scoring, assembling."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from learning.fields import Fault
from modelregistry.errors import NoActiveModel
from modelregistry.gate import require_passed
from modelregistry.keeping import lock_predictor
from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.batches.errors import NoRoom
from predictions.batches.intake import Intake, old_folders, remove_files
from predictions.batches.layout import read_layout
from predictions.batches.models import Batch, State
from predictions.errors import InvalidInput
from predictions.queueing import send

SPLIT, SCORE, ASSEMBLE = (f"predictions.batches.{deed}" for deed in ("split", "score", "assemble"))
# Messages for one batch that are on their way at the same time: so many workers share it. Each is
# followed by another behind those of other batches, so a small one does not wait for a large one.
MESSAGES = 16
# A batch of which nothing is heard for so long is told of again, and then after twice as long.
SILENCE, LONGEST_SILENCE = timedelta(seconds=10), timedelta(minutes=5)
MOST_UNFINISHED = 100
# How long files are kept that nobody will ask for.
USELESS = timedelta(hours=1)
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Workload:
    states: dict[str, int]
    """How many batches are in each."""
    silent: timedelta
    """Since anything was heard of an unfinished one, of the one where it is longest ago."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with a file."""

    is_csv: bool
    file_name: str
    caller: str
    request_id: str


def version_for(*, predictor_name: str, model: str) -> ModelVersion:
    """The one that all rows will be answered by, whatever is activated meanwhile.

    `predictor_name`: empty for the default; `model`: `active` or a number. Raises
    UnknownPredictor, InvalidInput, UnknownVersion, GateFailed, NoActiveModel.
    """
    predictor = catalog.get(predictor_name) if predictor_name else catalog.default()
    if model == ACTIVE:
        version = ModelVersion.objects.active(predictor.name).first()
        if version is None:
            raise NoActiveModel(f"no version of {predictor.name} is active")
        return version
    if not re.fullmatch("[0-9]{1,9}", model):
        fault = Fault("model", f'"{model[:50]}" is no version', "active, or the number of one")
        raise InvalidInput([fault])
    version = ModelVersion.objects.numbered(predictor.name, int(model))
    require_passed(version)
    return version


def check_room(*, size: int) -> None:
    """For a file of so many bytes. Raises NoRoom."""
    kept = Batch.objects.all().bytes_kept()
    if kept + size > settings.BATCH_STORE_BYTES:
        raise NoRoom(f"{kept:,} bytes are kept, at most {settings.BATCH_STORE_BYTES:,} may be")
    if Batch.objects.unfinished().count() >= MOST_UNFINISHED:
        raise NoRoom(f"{MOST_UNFINISHED} batches are not finished yet")


def intake_for(*, order: Order, version: ModelVersion) -> Intake:
    predictor = catalog.get(version.predictor)
    return Intake(
        partial(
            read_layout,
            is_csv=order.is_csv,
            predictor=predictor,
            feature_names=version.feature_names,
        )
    )


def accept_batch(
    *, order: Order, version: ModelVersion, content: Iterable[bytes], tell_workers: bool = True
) -> Batch:
    """Store the file and note it.

    Raises InvalidFile, BodyTooLarge, GateFailed (it has no files any more); nothing is kept then.
    """
    with intake_for(order=order, version=version) as intake:
        for part in content:
            intake.write(part)
        return note_batch(order=order, version=version, intake=intake, tell_workers=tell_workers)


def note_batch(
    *, order: Order, version: ModelVersion, intake: Intake, tell_workers: bool = True
) -> Batch:
    """Of a file that has come whole. Raises InvalidFile, GateFailed."""
    layout = intake.finish()
    with transaction.atomic():
        # It may have taken minutes: the version's files may have been removed meanwhile.
        lock_predictor(version.predictor)
        version.refresh_from_db(fields=["gate", "gate_reason"])
        require_passed(version)
        batch = Batch.objects.create(
            id=intake.identity,
            predictor=version.predictor,
            model_version=version,
            file_name=order.file_name.replace("\x00", "")[:200],
            upload=intake.name,
            size=intake.size,
            format=Batch.Format.CSV if order.is_csv else Batch.Format.JSONL,
            separator=layout.separator,
            begins=layout.begins,
            columns=list(layout.columns),
            minimal=layout.minimal,
            chunk_rows=settings.BATCH_CHUNK_ROWS,
            caller=order.caller,
            request_id=order.request_id,
            created_at=timezone.now(),
            sent_at=Now(),
        )
    if tell_workers:
        send(SPLIT, str(batch.pk))
    return batch


def find_batch(*, identity: uuid.UUID) -> Batch:
    """Raises UnknownBatch."""
    return Batch.objects.known(identity)


def newest_batches(*, limit: int) -> list[Batch]:
    """Unfinished ones first, each with `rows_done` and `rows_failed`."""
    return list(Batch.objects.all().newest(limit))


def cancel_batch(*, identity: uuid.UUID) -> Batch:
    """What is scored stays in the log, and nothing more is begun. Raises UnknownBatch.

    One that has ended stays as it ended.
    """
    Batch.objects.filter(pk=identity).finish(State.CANCELLED)
    return Batch.objects.known(identity)


def tell_workers(*, batch: Batch) -> None:
    """Send what `batch` waits for; messages of before are followed by no others."""
    batch.wave += 1
    Batch.objects.filter(pk=batch.pk).update(wave=batch.wave, sent_at=Now())
    if batch.state == State.ACCEPTED:
        send(SPLIT, str(batch.pk))
    elif batch.state == State.ASSEMBLING or not (waiting := batch.chunks.count_waiting()):
        send(ASSEMBLE, str(batch.pk))
    else:
        for _ in range(min(waiting, MESSAGES)):
            send(SCORE, str(batch.pk), batch.wave)


def look_after() -> int:
    """Tell workers again of every batch that nothing was heard of; how many those were.

    What was sent before may be lost, or wait behind other batches: so each time it is waited for
    longer, and their number stays small.
    """
    found = 0
    for batch in Batch.objects.unfinished().order_by("created_at"):
        if _is_silent(batch):
            tell_workers(batch=batch)
            found += 1
    return found


def _is_silent(batch: Batch) -> bool:
    heard = batch.chunks.progress()["last"] if batch.state == State.SCORING else None
    heard = heard or batch.created_at
    sent = batch.sent_at or batch.created_at
    patience = min(max(SILENCE, sent - heard), LONGEST_SILENCE)
    return max(heard, sent) + patience < timezone.now()


def workload() -> Workload:
    """Of all batches there ever were: their rows are kept."""
    heard = Batch.objects.unfinished().heard_of_longest_ago()
    silent = timezone.now() - heard if heard else timedelta()
    return Workload(Batch.objects.all().counts(), max(silent, timedelta()))


def remove_old_files() -> int:
    """Files of batches that were done more than HOUSING_BATCH_DAYS ago; of how many.

    After an hour already those of others that ended, and of uploads that a web process did not live
    to accept.
    """
    now = timezone.now()
    done = now - timedelta(days=settings.BATCH_DAYS)
    ended = max(done, now - USELESS)
    # First said, then done: nobody is sent to a file that is gone.
    Batch.objects.all().with_old_files(done=done, ended=ended).update(files_removed_at=Now())
    kept = Batch.objects.all().with_files().values_list("pk", flat=True)
    known = {str(identity) for identity in kept}
    old = [folder for folder in old_folders(ended) if folder not in known]
    for folder in old:
        remove_files(folder)
    return len(old)


def rename_caller(*, caller: str, name: str) -> int:
    """Whoever sent files is called `name` from now on; how many files."""
    return Batch.objects.filter(caller=caller).update(caller=name)
