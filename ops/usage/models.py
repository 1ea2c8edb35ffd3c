import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now, TruncDate

from ops.usage.records import CALLER_LENGTH, ROUTE_LENGTH

OTHERS = "(others)"
"""Callers of a day beyond those that are counted each for itself."""
METHOD_LENGTH = 10


class Grain(models.TextChoices):
    MINUTE = "minute", "minute"
    HOUR = "hour", "hour"


class SpoolQuerySet(models.QuerySet["Spool"]):
    def hold(self, name: uuid.UUID) -> "Spool":
        """Until the transaction ends nobody else reads this spool."""
        self.bulk_create([Spool(name=name)], ignore_conflicts=True)
        return self.select_for_update().get(name=name)

    def positions(self, names: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
        """How far each that is known was read."""
        return dict(self.filter(name__in=list(names)).values_list("name", "read_bytes"))

    def live(self) -> "SpoolQuerySet":
        return self.filter(is_finished=False)

    def read_within(self, age: timedelta) -> "SpoolQuerySet":
        return self.filter(read_at__gt=Now() - age)

    def untouched_since(self, moment: datetime) -> "SpoolQuerySet":
        return self.filter(read_at__lt=moment)


class Spool(models.Model):
    """How far a file was read. Moved with what was counted, in one transaction: exactly once."""

    name = models.UUIDField(primary_key=True)
    read_bytes = models.PositiveBigIntegerField(default=0)
    read_at = models.DateTimeField(db_default=Now(), help_text="all that was in it then is counted")
    is_finished = models.BooleanField(
        default=False, help_text="nobody writes to it any more; the file is gone, or may go"
    )

    objects = SpoolQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.name)


class RequestCountQuerySet(models.QuerySet["RequestCount"]):
    def add(self, rows: Iterable[tuple[str, datetime, str, str, int, int]]) -> None:
        """Grain, period, method, route, status and how many more."""
        _add(RequestCount, ("text", "timestamptz", "text", "text", "int", "bigint"), rows)

    def between(self, grain: Grain, start: datetime, end: datetime) -> "RequestCountQuerySet":
        return self.filter(grain=grain, period__gte=start, period__lt=end)

    def of(self, route: str) -> "RequestCountQuerySet":
        return self.filter(route=route)

    def summed(self) -> "Iterable[tuple[str, str, int, int]]":
        """Method, route, status, requests."""
        return self.values_list("method", "route", "status").annotate(models.Sum("count"))

    def summed_by_day(self) -> "Iterable[tuple[date, str, str, int, int]]":
        """Day (UTC), method, route, status, requests."""
        by_day = self.annotate(day=TruncDate("period", tzinfo=UTC))
        return by_day.values_list("day", "method", "route", "status").annotate(models.Sum("count"))

    def before(self, grain: Grain, moment: datetime) -> "RequestCountQuerySet":
        return self.filter(grain=grain, period__lt=moment)


class RequestCount(models.Model):
    """How often an endpoint answered with a status in a minute, or in an hour."""

    grain = models.CharField(max_length=6, choices=Grain)
    period = models.DateTimeField(help_text="its start")
    method = models.CharField(max_length=METHOD_LENGTH)
    route = models.CharField(max_length=ROUTE_LENGTH)
    status = models.PositiveSmallIntegerField()
    count = models.PositiveBigIntegerField()

    objects = RequestCountQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("grain", "period", "method", "route", "status"), name="requestcount_once"
            ),
            models.CheckConstraint(condition=Q(grain__in=Grain.values), name="requestcount_grain"),
            models.CheckConstraint(
                condition=Q(status__gte=100, status__lte=999), name="requestcount_status"
            ),
        )

    def __str__(self) -> str:
        return f"{self.period} {self.method} {self.route} {self.status}: {self.count}"


class CallerCountQuerySet(models.QuerySet["CallerCount"]):
    def add(self, rows: Iterable[tuple[date, str, str, str, int, int]]) -> None:
        """Day, caller, method, route, status and how many more."""
        _add(CallerCount, ("date", "text", "text", "text", "int", "bigint"), rows)

    def known(self, day: date, callers: Collection[str]) -> set[str]:
        """Those of them that are counted on this day each for itself."""
        found = self.filter(day=day, caller__in=callers)
        return set(found.values_list("caller", flat=True).distinct())

    def callers_on(self, day: date) -> int:
        return self.filter(day=day).values("caller").distinct().count()

    def between(self, start: date, end: date) -> "CallerCountQuerySet":
        """Both days are among them."""
        return self.filter(day__gte=start, day__lte=end)

    def of(self, route: str) -> "CallerCountQuerySet":
        return self.filter(route=route)

    def by(self, caller: str) -> "CallerCountQuerySet":
        return self.filter(caller=caller)

    def summed_by_day(self) -> "Iterable[tuple[date, str, str, int, int]]":
        """Day, method, route, status, requests."""
        return self.values_list("day", "method", "route", "status").annotate(models.Sum("count"))

    def summed_by_caller(self) -> "Iterable[tuple[str, int, int]]":
        """Caller, status, requests."""
        return self.values_list("caller", "status").annotate(models.Sum("count"))

    def before(self, day: date) -> "CallerCountQuerySet":
        return self.filter(day__lt=day)


class CallerCount(models.Model):
    """How often an endpoint gave a caller this status on a day (UTC). Personal data."""

    day = models.DateField()
    caller = models.CharField(
        max_length=CALLER_LENGTH, help_text="user:NAME, key:NAME or an address"
    )
    method = models.CharField(max_length=METHOD_LENGTH)
    route = models.CharField(max_length=ROUTE_LENGTH)
    status = models.PositiveSmallIntegerField()
    count = models.PositiveBigIntegerField()

    objects = CallerCountQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("day", "caller", "method", "route", "status"), name="callercount_once"
            ),
            models.CheckConstraint(
                condition=Q(status__gte=100, status__lte=999), name="callercount_status"
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.caller} {self.method} {self.route} {self.status}: {self.count}"


class RequestTotalQuerySet(models.QuerySet["RequestTotal"]):
    def add(self, rows: Iterable[tuple[str, str, int, float, int, int]]) -> None:
        """Method, route, status, bound, how many more and how many microseconds more."""
        _add(RequestTotal, ("text", "text", "int", "float8", "bigint", "bigint"), rows, added=2)


class RequestTotal(models.Model):
    """All requests there ever were: what Prometheus takes for a counter must never fall."""

    method = models.CharField(max_length=METHOD_LENGTH)
    route = models.CharField(max_length=ROUTE_LENGTH)
    status = models.PositiveSmallIntegerField()
    within = models.FloatField(help_text="seconds: a bound of the histogram, or infinite")
    count = models.PositiveBigIntegerField()
    microseconds = models.PositiveBigIntegerField()

    objects = RequestTotalQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("method", "route", "status", "within"), name="requesttotal_once"
            ),
            models.CheckConstraint(
                condition=Q(status__gte=100, status__lte=999), name="requesttotal_status"
            ),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.status} within {self.within} s: {self.count}"


def _add(
    model: type[models.Model],
    types: Sequence[str],
    rows: Iterable[tuple[object, ...]],
    added: int = 1,
) -> None:
    """Rows in the order of the model's columns; the last `added` are added to what is there.

    Sorted, so that two who add never wait for each other in a circle.
    """
    ordered = sorted(rows)
    if not ordered:
        return
    names = [str(field.column) for field in model._meta.local_fields if not field.primary_key]
    keys, values = names[:-added], names[-added:]
    table = model._meta.db_table
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in values)
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    statement = f"""
INSERT INTO {table} ({", ".join(names)}) SELECT * FROM unnest({arrays})
ON CONFLICT ({", ".join(keys)}) DO UPDATE SET {sums}"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*ordered, strict=True)])
