import datetime
from collections.abc import Sequence

from django.db import connection, models
from django.db.models import Q
from psycopg import sql

from modelregistry.models import ModelVersion


class Source(models.TextChoices):
    API = "api", "API"
    FILE = "file", "file"


class OutcomeQuerySet(models.QuerySet["Outcome"]):
    def without_interval(self) -> "OutcomeQuerySet":
        """Those of which nobody has asked the model yet."""
        return self.filter(intervals_known=False)

    def of(
        self,
        predictor: str,
        *,
        is_synthetic: bool,
        version: int | None = None,
        recorded_since: datetime.datetime | None = None,
        sold_since: datetime.date | None = None,
    ) -> "OutcomeQuerySet":
        rows = self.filter(predictor=predictor, is_synthetic=is_synthetic)
        if version is not None:
            rows = rows.filter(model_version__version=version)
        if recorded_since is not None:
            rows = rows.filter(recorded_at__gte=recorded_since)
        return rows if sold_since is None else rows.filter(date__gte=sold_since)

    def save_values(self, outcomes: Sequence["Outcome"]) -> None:
        """What corrections change, of all at once."""
        self._save(outcomes, "actual", "date", "source", "recorded_by", "recorded_at", "kept_as")

    def save_kept(self, outcomes: Sequence["Outcome"]) -> None:
        self._save(outcomes, "kept_as")

    def save_intervals(self, outcomes: Sequence["Outcome"]) -> None:
        """Nothing else: a row may be corrected meanwhile."""
        self._save(outcomes, "lower", "upper", "intervals_known")

    def _save(self, outcomes: Sequence["Outcome"], *names: str) -> None:
        # bulk_update writes a CASE with a branch for each row: of 10,000 it takes a minute.
        columns = sql.SQL(", ").join(sql.Identifier(name) for name in names)
        statement = sql.SQL(
            "UPDATE outcomes_outcome AS o SET ({columns}) = ROW({new}) "
            "FROM unnest({arrays}) AS n (id, {columns}) WHERE o.id = n.id"
        ).format(
            columns=columns,
            new=sql.SQL(", ").join(sql.Identifier("n", name) for name in names),
            arrays=sql.SQL(", ").join(_array_of(name) for name in ("id", *names)),
        )
        values = [[getattr(outcome, name) for outcome in outcomes] for name in ("id", *names)]
        with connection.cursor() as cursor:
            cursor.execute(statement, values)


def _array_of(name: str) -> sql.Composable:
    """A parameter for a column."""
    field = Outcome._meta.get_field(name)
    assert isinstance(field, models.Field)
    return sql.SQL("%s::{}[]").format(sql.SQL(str(field.rel_db_type(connection))))


class Outcome(models.Model):
    """What really happened to one prediction; the current value, if it was ever corrected.

    A copy of all that accuracy needs: it does not change when months of the log are dropped.
    """

    prediction_id = models.UUIDField(unique=True, help_text="the id that came with the answer")
    predictor = models.CharField(max_length=40)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="outcomes"
    )
    prediction = models.FloatField(help_text="as it was answered")
    actual = models.FloatField(help_text="what it really was; of a home its price, USD")
    date = models.DateField(help_text="when: of a home the day of the sale")
    lower = models.FloatField(null=True, help_text="of the model's 90 % interval")
    upper = models.FloatField(null=True)
    intervals_known = models.BooleanField(
        default=False, help_text="whether the model was asked; without bounds it has none"
    )
    is_synthetic = models.BooleanField(help_text="whether the answer said so: made-up data")
    groups = models.JSONField(default=dict, help_text="what accuracy is broken down by")
    kept_as = models.CharField(
        max_length=40, blank=True, help_text="what it is called among the training data, if kept"
    )
    predicted_at = models.DateTimeField()
    recorded_at = models.DateTimeField(help_text="the current value; the first: see revisions")
    source = models.CharField(max_length=10, choices=Source)
    recorded_by = models.CharField(max_length=150)

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("predictor", "recorded_at"), name="outcome_recorded"),
            models.Index(fields=("predictor", "date"), name="outcome_date"),
            models.Index(
                fields=("model_version",),
                condition=Q(intervals_known=False),
                name="outcome_without_interval",
            ),
        )
        constraints = (
            # Accuracy divides by it.
            models.CheckConstraint(condition=Q(actual__gt=0), name="outcome_actual_positive"),
            models.CheckConstraint(
                condition=Q(lower__isnull=True, upper__isnull=True)
                | Q(lower__lte=models.F("upper")),
                name="outcome_interval_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.predictor} {self.prediction_id}"

    def has(self, actual: float, day: datetime.date) -> bool:
        return (self.actual, self.date) == (actual, day)


class OutcomeRevisionQuerySet(models.QuerySet["OutcomeRevision"]):
    def add_current(self, outcomes: Sequence[Outcome]) -> None:
        """The values that these outcomes have now."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO outcomes_outcomerevision "
                "(outcome_id, actual, date, recorded_at, source, recorded_by) "
                "SELECT id, actual, date, recorded_at, source, recorded_by "
                "FROM outcomes_outcome WHERE id = ANY(%s) ORDER BY id",
                [[outcome.pk for outcome in outcomes]],
            )


class OutcomeRevision(models.Model):
    """Every value that an outcome ever had. Append-only: the database refuses anything else."""

    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="revisions")
    actual = models.FloatField()
    date = models.DateField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source)
    recorded_by = models.CharField(max_length=150)

    objects = OutcomeRevisionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.actual:,.2f} on {self.date}"
