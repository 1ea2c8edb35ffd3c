"""Counts of the audit log's rows by time. What they are counted by is the primary key.

A row belongs to the moment of its id (UUIDv7), as everywhere in the log. `period` is the beginning
of `grain` minutes, UTC.
"""

from datetime import timedelta

from django.db import models

MINUTE, QUARTER, SIX_HOURS, DAY = 1, 15, 360, 1440
# Each row of the log is in all grains that still reach back to it: none is made of another.
COURSE = {MINUTE: timedelta(hours=3), QUARTER: timedelta(days=2), SIX_HOURS: timedelta(days=32)}
"""How far back the grains go of what is shown over time; the windows need no more."""
TOTALS = {
    MINUTE: timedelta(hours=3),
    QUARTER: timedelta(days=2),
    SIX_HOURS: timedelta(days=2),
    DAY: timedelta(days=32),
}
"""And of what is summed up over a window, of which a month's begins with a day."""
LONGEST = timedelta(days=32)
NO_VERSION = 0


class Counted(models.Model):
    grain = models.PositiveSmallIntegerField(help_text="minutes")
    period = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.period:%Y-%m-%d %H:%M} and {self.grain} minutes"


class EndpointTraffic(Counted):
    pk = models.CompositePrimaryKey("grain", "period", "predictor", "endpoint", "status")
    predictor = models.CharField(max_length=40)
    endpoint = models.CharField(max_length=100)
    status = models.PositiveSmallIntegerField()
    count = models.BigIntegerField()


class LatencyTraffic(Counted):
    """What was answered (below 400), without batches, by its latency to two digits."""

    pk = models.CompositePrimaryKey("grain", "period", "bucket")
    bucket = models.SmallIntegerField(help_text="90 to a power of ten: 0 is 1.0 ms, 90 is 10 ms")
    count = models.BigIntegerField()


class EndpointLatency(Counted):
    """The same of each endpoint, which is not shown over time."""

    pk = models.CompositePrimaryKey("grain", "period", "predictor", "endpoint", "bucket")
    predictor = models.CharField(max_length=40)
    endpoint = models.CharField(max_length=100)
    bucket = models.SmallIntegerField()
    count = models.BigIntegerField()


class ByClass(Counted):
    answered = models.BigIntegerField(help_text="below 400, as all here without batches")
    client_errors = models.BigIntegerField()
    server_errors = models.BigIntegerField()
    batch_rows = models.BigIntegerField(help_text="rows of files, whatever became of them")

    class Meta:
        abstract = True


class CallerTraffic(ByClass):
    pk = models.CompositePrimaryKey("grain", "period", "caller")
    caller = models.CharField(max_length=150)


class VersionTraffic(ByClass):
    pk = models.CompositePrimaryKey("grain", "period", "predictor", "model_version_id")
    predictor = models.CharField(max_length=40)
    # No foreign key, as in the log.
    model_version_id = models.BigIntegerField(help_text="0: none was chosen")


class Progress(models.Model):
    """The one row that says which rows of the log are counted.

    Those of the transactions before `transaction`: all of them have ended. When it is counted on,
    `next_transaction` is where to, and `written_from` or `id_before` how far that has come.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    saved_in = models.BigIntegerField(
        null=True, help_text="transaction that wrote this row; where it was restored, another did"
    )
    transaction = models.BigIntegerField(null=True)
    counted_until = models.DateTimeField(
        null=True, help_text="what was written to the log before then is counted"
    )
    next_transaction = models.BigIntegerField(null=True)
    next_until = models.DateTimeField(null=True)
    written_from = models.DateTimeField(null=True)
    id_before = models.UUIDField(null=True)
    retention = models.BigIntegerField(
        default=0, help_text="the last removed month that is taken out of the counts"
    )
    compared_until = models.DateTimeField(
        null=True, help_text="up to then counts were compared with the log"
    )
    # A day that differed was forgotten, and is counted from the log part by part.
    recounted_until = models.DateTimeField(null=True, help_text="the end of that day")
    recounted_before = models.BigIntegerField(
        null=True, help_text="what this transaction and later ones wrote is counted as it comes"
    )

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="progress_one"),
            models.CheckConstraint(
                condition=models.Q(next_transaction=None, next_until=None)
                | models.Q(next_transaction__isnull=False, next_until__isnull=False),
                name="progress_next",
            ),
            models.CheckConstraint(
                condition=models.Q(recounted_until=None, recounted_before=None)
                | models.Q(recounted_until__isnull=False, recounted_before__isnull=False),
                name="progress_recounted",
            ),
        )

    def __str__(self) -> str:
        return f"counted until {self.counted_until}"


KEPT: dict[type[Counted], dict[int, timedelta]] = {
    EndpointTraffic: COURSE,
    LatencyTraffic: COURSE,
    EndpointLatency: TOTALS,
    CallerTraffic: TOTALS,
    VersionTraffic: TOTALS,
}
