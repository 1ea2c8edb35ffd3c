import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import Storage, storages
from django.db import models, transaction
from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import Greatest, Now

from modelregistry.models import ModelVersion
from predictions.batches.errors import UnknownBatch

# Of a row number in an id.
ROW_BITS = 24
MOST_ROWS = 2**ROW_BITS - 1


def batch_storage() -> Storage:
    return storages["batches"]


class State(models.TextChoices):
    ACCEPTED = "accepted", "accepted"
    SCORING = "scoring", "scoring"
    ASSEMBLING = "assembling", "assembling"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


UNFINISHED = (State.ACCEPTED, State.SCORING, State.ASSEMBLING)
_STEPS = (*UNFINISHED, State.DONE)


class BatchQuerySet(models.QuerySet["Batch"]):
    def known(self, identity: uuid.UUID) -> "Batch":
        """With its model version. Raises UnknownBatch."""
        found = self.select_related("model_version").filter(pk=identity).first()
        if found is None:
            raise UnknownBatch(f"there is no batch {identity}")
        return found

    def unfinished(self) -> "BatchQuerySet":
        return self.filter(state__in=UNFINISHED)

    def newest(self, limit: int) -> "BatchQuerySet":
        """Unfinished first, then what ended last; with `rows_done` and `rows_failed` so far."""
        done = Q(chunks__done_at__isnull=False)
        sums = {
            "rows_done": Sum("chunks__rows", filter=done, default=0),
            "rows_failed": Sum("chunks__failed", filter=done, default=0),
        }
        unfinished_first = (F("finished_at").desc(nulls_first=True), "-created_at")
        chosen = self.order_by(*unfinished_first).values("pk")[:limit]
        found = self.model.objects.filter(pk__in=chosen).select_related("model_version")
        return found.order_by(*unfinished_first).annotate(**sums)

    def finish(self, state: State, error: str = "") -> bool:
        """Whether there was one to finish: what has ended stays as it ended."""
        return self.unfinished().update(state=state, error=error, finished_at=Now()) > 0

    def counts(self) -> dict[str, int]:
        """How many, by state."""
        found = self.order_by().values_list("state").annotate(Count("pk"))
        return dict.fromkeys(State.values, 0) | dict(found)

    def heard_of_longest_ago(self) -> datetime | None:
        """Of each, when a piece was done, else when it began; the earliest of these."""
        last = Greatest("created_at", "started_at", Max("chunks__done_at"))  # without what is NULL
        return self.annotate(heard=last).order_by("heard").values_list("heard", flat=True).first()

    def with_files(self) -> "BatchQuerySet":
        return self.filter(files_removed_at=None)

    def with_old_files(self, *, done: datetime, ended: datetime) -> "BatchQuerySet":
        """Of those that were done before `done`, or failed or were cancelled before `ended`."""
        old = Q(finished_at__lt=done) | Q(finished_at__lt=ended) & ~Q(state=State.DONE)
        return self.with_files().filter(old)

    def bytes_kept(self) -> int:
        """Of the files that clients sent."""
        found: int = self.with_files().aggregate(size=Sum("size", default=0))["size"]
        return found

    def step(self, state: State, **values: Any) -> bool:
        """From the state before it; False if it is there already, or was cancelled meanwhile."""
        before = _STEPS[_STEPS.index(state) - 1]
        return self.filter(state=before).update(**{"state": state, "begun": 0, **values}) > 0

    def begin(self, *states: State) -> int:
        """How often its step was begun, this time included; 0 if it is in none of these states."""
        found = self.filter(state__in=states)
        if not found.update(begun=F("begun") + 1):
            return 0
        return found.values_list("begun", flat=True).first() or 0

    def not_begun(self) -> None:
        """What was counted does not count: nobody died."""
        self.filter(begun__gt=0).update(begun=F("begun") - 1)


class Batch(models.Model):
    """A file of many requests, and how far it is. Its rows are in the audit log.

    `request_id` of those rows is this id. One model version answers all of them.
    """

    State = State

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        JSONL = "jsonl", "JSON lines"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    predictor = models.CharField(max_length=40)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.ACCEPTED)
    error = models.TextField(blank=True, help_text="why it failed")
    file_name = models.CharField(max_length=200, blank=True, help_text="as the client named it")
    upload = models.CharField(max_length=200, help_text="in the storage `batches`")
    size = models.BigIntegerField(help_text="bytes")
    format = models.CharField(max_length=5, choices=Format)
    separator = models.CharField(max_length=1, default=",")
    begins = models.PositiveIntegerField(help_text="where the first row begins, bytes")
    columns = models.JSONField(help_text="of the file, in order")
    minimal = models.BooleanField(help_text="it has only what the model version needs")
    chunk_rows = models.PositiveIntegerField()
    rows = models.PositiveIntegerField(null=True, help_text="known once it is split")
    result = models.CharField(max_length=200, blank=True, help_text="in the storage `batches`")
    caller = models.CharField(max_length=150)
    request_id = models.CharField(max_length=128)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, help_text="when scoring began")
    finished_at = models.DateTimeField(null=True)
    files_removed_at = models.DateTimeField(null=True)
    wave = models.PositiveIntegerField(
        default=0, help_text="messages of an earlier one are not followed by others"
    )
    sent_at = models.DateTimeField(null=True, help_text="when workers were told of it last")
    begun = models.PositiveSmallIntegerField(
        default=0, help_text="how often its splitting, or its assembling, was begun"
    )

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        verbose_name_plural = "batches"
        indexes = (
            models.Index(
                fields=("created_at",),
                name="batch_unfinished",
                condition=Q(state__in=UNFINISHED),
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=~Q(state=State.DONE) | (~Q(result="") & Q(rows__isnull=False)),
                name="batch_done_has_results",
            ),
            models.CheckConstraint(
                condition=Q(error="") ^ Q(state=State.FAILED), name="batch_failed_says_why"
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) ^ ~Q(state__in=UNFINISHED),
                name="batch_finished_or_not",
            ),
            models.CheckConstraint(
                condition=Q(rows__isnull=True) | Q(rows__gte=1, rows__lte=MOST_ROWS),
                name="batch_rows",
            ),
        )

    def __str__(self) -> str:
        return f"batch {self.id}"

    @property
    def folder(self) -> str:
        """Of all its files."""
        return str(self.id)

    def id_prefix(self) -> bytes:
        """13 of the 16 bytes of its rows' ids; the number of the row is the rest.

        A UUIDv7 (RFC 9562, 5.7): when the batch was accepted, then bits that are its own. So a row
        has one id however often it is scored, and ids are in the order of the rows.
        """
        moment = round(self.created_at.timestamp() * 1000)
        own = int.from_bytes(hashlib.sha256(self.id.bytes).digest()[:7]) >> 6  # 50 bits
        number = moment << 80 | 7 << 76 | (own >> 38) << 64 | 2 << 62 | (own & (1 << 38) - 1) << 24
        return number.to_bytes(16)[:13]


class ChunkQuerySet(models.QuerySet["BatchChunk"]):
    def waiting(self) -> "ChunkQuerySet":
        return self.filter(done_at=None)

    def begin(self, *, pause: timedelta) -> "BatchChunk | None":
        """The next that nobody has, with `begun` counted; others leave it alone for some `pause`.

        In a transaction of its own: what a worker then dies of has been counted.
        """
        due = self.waiting().filter(Q(not_before=None) | Q(not_before__lte=Now()))
        with transaction.atomic():
            chunk = due.order_by("number").select_for_update(skip_locked=True).first()
            if chunk is not None:
                chunk.begun += 1
                found = self.filter(pk=chunk.pk)
                found.update(begun=chunk.begun, not_before=Now() + pause * chunk.begun)
        return chunk

    def not_begun(self) -> None:
        """What was counted does not count: nobody died."""
        self.filter(begun__gt=0).update(begun=F("begun") - 1)

    def claimed(self, number: int) -> "BatchChunk | None":
        """This transaction's until it ends, however it ends; None if somebody has done it.

        Waits for the lock: who begins another at this moment may hold it for a moment, though
        `not_before` has just turned it away.
        """
        # Not in their usual order: that joins their batch, which would be locked too, and then the
        # pieces of one batch would wait for each other.
        piece = self.waiting().filter(number=number).order_by("number")
        return piece.select_for_update().first()

    def progress(self) -> dict[str, Any]:
        """Rows of finished chunks (`done`), those of them in error (`failed`), and the last end."""
        found: dict[str, Any] = self.exclude(done_at=None).aggregate(
            done=Sum("rows", default=0),
            failed=Sum("failed", default=0),
            last=Max("done_at"),
        )
        return found

    def tried_again(self, number: int, *, wait: timedelta) -> int:
        """How often it was tried, this time included; 0 if somebody has done it meanwhile."""
        chunk = self.waiting().filter(number=number)
        chunk.not_begun()
        chunk.update(attempts=F("attempts") + 1, not_before=Now() + wait)
        return chunk.values_list("attempts", flat=True).first() or 0

    def in_order(self) -> Iterable["BatchChunk"]:
        return self.order_by("number").iterator(chunk_size=100)

    def with_errors(self) -> "ChunkQuerySet":
        return self.filter(failed__gt=0).order_by("number")

    def first_errors(self, most: int) -> list[dict[str, Any]]:
        """In order; `errors` of no more pieces are read than there have to be."""
        numbers, count = [], 0
        for number, failed in self.with_errors().values_list("number", "failed"):
            if count >= most:
                break
            numbers.append(number)
            count += failed
        pieces = self.filter(number__in=numbers).order_by("number")
        return [one for errors in pieces.values_list("errors", flat=True) for one in errors][:most]

    def count_waiting(self) -> int:
        found: int = self.waiting().aggregate(count=Count("*"))["count"]
        return found


class BatchChunk(models.Model):
    """Some rows of a batch, scored by one worker in one transaction: all of them, or none."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField(help_text="0, 1, … in the order of the file")
    first_row = models.PositiveIntegerField(help_text="1: the first after the header")
    rows = models.PositiveIntegerField()
    offset = models.BigIntegerField(help_text="where it begins in the file, bytes")
    length = models.BigIntegerField(help_text="bytes")
    begun = models.PositiveSmallIntegerField(
        default=0, help_text="how often, by workers that were not heard of again"
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="that failed")
    not_before = models.DateTimeField(null=True, help_text="when it is tried again")
    done_at = models.DateTimeField(null=True)
    failed = models.PositiveIntegerField(default=0, help_text="rows in error")
    faults = models.JSONField(default=dict, help_text="number of faults by field")
    errors = models.JSONField(default=list, help_text="the first rows in error")
    result = models.CharField(max_length=200, blank=True, help_text="in the storage `batches`")

    objects = ChunkQuerySet.as_manager()

    class Meta:
        ordering = ("batch", "number")
        constraints = (
            models.UniqueConstraint(fields=("batch", "number"), name="batchchunk_number"),
            models.UniqueConstraint(fields=("batch", "first_row"), name="batchchunk_first_row"),
            models.CheckConstraint(
                condition=Q(rows__gte=1, failed__lte=F("rows")), name="batchchunk_rows"
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) ^ ~Q(result=""), name="batchchunk_done"
            ),
        )

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number}"
