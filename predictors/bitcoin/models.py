from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import models
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Abs, Now

from modelregistry.models import ModelVersion
from predictors.bitcoin.ml.schema import SECOND_COLUMNS


class SecondQuerySet(models.QuerySet["Second"]):
    def after(self, moment: datetime | None) -> "SecondQuerySet":
        return self if moment is None else self.filter(time__gt=moment)

    def until(self, moment: datetime | None) -> "SecondQuerySet":
        return self if moment is None else self.filter(time__lte=moment)

    def newest(self, count: int) -> list[tuple[datetime, *tuple[float, ...]]]:
        """`time` and SECOND_COLUMNS of the last `count`, oldest first."""
        rows = self.order_by("-time").values_list("time", *SECOND_COLUMNS)[:count]
        return list(rows)[::-1]


class Second(models.Model):
    """One second of trades. Seconds without a trade have no row; none is ever changed."""

    time = models.DateTimeField(primary_key=True, help_text="when it began, UTC")
    price_open = models.FloatField(help_text="USD")
    price_high = models.FloatField(help_text="USD")
    price_low = models.FloatField(help_text="USD")
    price_close = models.FloatField(help_text="USD")
    volume_traded = models.FloatField(help_text="coins")
    trades_count = models.PositiveIntegerField()
    is_synthetic = models.BooleanField(default=False, db_default=False)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    recorded_by = models.CharField(max_length=150, blank=True)

    objects = SecondQuerySet.as_manager()

    class Meta:
        ordering = ("-time",)
        constraints = (
            models.CheckConstraint(
                condition=Q(price_low__gt=0) & Q(price_low__lte=F("price_high")),
                name="second_low_to_high",
            ),
            models.CheckConstraint(
                condition=Q(price_open__gt=0) & Q(price_close__gt=0) & Q(volume_traded__gte=0),
                name="second_positive",
            ),
        )

    def __str__(self) -> str:
        return f"{self.time:%Y-%m-%d %H:%M:%S} {self.price_close}"


class SecondsLoad(models.Model):
    """A file of seconds that was loaded."""

    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    is_synthetic = models.BooleanField()
    loaded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "load of seconds"
        verbose_name_plural = "loads of seconds"

    def __str__(self) -> str:
        kind = "synthetic" if self.is_synthetic else "real"
        return f"{self.file_name} ({kind}, sha256:{self.sha256[:12]})"


GUESSES = {"model": "prediction", "persistence": "last_close", "ewma": "ewma"}
"""Who said what, by the column where it stands."""
BASIS_POINTS = 1e4


class ForecastQuerySet(models.QuerySet["Forecast"]):
    def of(self, target: str) -> "ForecastQuerySet":
        return self.filter(target=target)

    def made_since(self, moment: datetime) -> "ForecastQuerySet":
        return self.filter(predicted_at__gte=moment)

    def with_version(self) -> "ForecastQuerySet":
        """With its number; its golden rows and their proof are large."""
        return self.select_related("model_version").only(
            *(field.name for field in self.model._meta.concrete_fields), "model_version__version"
        )

    def sums_by_version(self) -> "models.QuerySet[Any, Any]":
        """What errors are made of, added up: one row for each version, by number.

        `n` forecasts; `moved`: those whose second brought another price than the last close. Of
        each guess, with error = guess - actual (USD) and points = 10,000 error / actual:
        `…_error`, `…_absolute`, `…_squared`, the same of `…_points`, and `…_right`: of those that
        moved how many it had put on the right side of the last close.
        """
        sums: dict[str, Any] = {
            "n": Count("*"),
            "moved": Count("pk", filter=~Q(actual=F("last_close"))),
        }
        for guess, column in GUESSES.items():
            error = F(column) - F("actual")
            for name, value in ((guess, error), (f"{guess}_points", error / F("actual"))):
                scaled = value * BASIS_POINTS if name != guess else value
                sums[f"{name}_error"] = Sum(scaled)
                sums[f"{name}_absolute"] = Sum(Abs(scaled))
                sums[f"{name}_squared"] = Sum(scaled * scaled)
            up = Q(actual__gt=F("last_close"), **{f"{column}__gt": F("last_close")})
            down = Q(actual__lt=F("last_close"), **{f"{column}__lt": F("last_close")})
            sums[f"{guess}_right"] = Count("pk", filter=up | down)
        rows = self.annotate(version=F("model_version__version"), name=F("model_version__name"))
        return rows.values("version", "name").annotate(**sums).order_by("version")


class Forecast(models.Model):
    """A prediction whose second has come: one of each version, target and second.

    Equal questions to one version have one answer, however often it was asked; `prediction_id` is
    the last of them in the log, before the second came.
    """

    second = models.DateTimeField(help_text="the traded second that it was about")
    target = models.CharField(max_length=20)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    prediction_id = models.UUIDField()
    predicted_at = models.DateTimeField(help_text="when it was asked for")
    prediction = models.FloatField(help_text="USD")
    last_close = models.FloatField(help_text="USD: persistence, the naive guess")
    ewma = models.FloatField(help_text="USD: EWMA(0.2) of the sixty closes, the better naive guess")
    actual = models.FloatField(help_text="USD")
    resolved_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ForecastQuerySet.as_manager()

    class Meta:
        ordering = ("-second",)
        constraints = (
            models.UniqueConstraint(
                fields=("second", "target", "model_version"), name="forecast_once"
            ),
        )
        indexes = (models.Index(fields=("predicted_at",), name="forecast_predicted"),)

    def __str__(self) -> str:
        return f"{self.target} {self.second:%Y-%m-%d %H:%M:%S}: {self.prediction}"


class LearnedExampleQuerySet(models.QuerySet["LearnedExample"]):
    def found(self, root: int, fingerprints: Iterable[bytes]) -> list[tuple[bytes, int]]:
        """Of these examples, which were learned, and by which versions."""
        rows = self.filter(root=root, fingerprint__in=list(fingerprints))
        return [
            (bytes(one), version) for one, version in rows.values_list("fingerprint", "version")
        ]


class LearnedExample(models.Model):
    """That a version learned online from this window and what came next.

    `root` is the number of the version that was trained in one go and that its line of online
    versions began with. Each counts once in a line; after a rollback there may be two lines.
    """

    root = models.PositiveIntegerField()
    fingerprint = models.BinaryField(max_length=16)
    version = models.PositiveIntegerField()

    objects = LearnedExampleQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("root", "fingerprint", "version"), name="learnedexample_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.root}: {bytes(self.fingerprint).hex()}"


def as_array(rows: Iterable[tuple[datetime, *tuple[float, ...]]]) -> npt.NDArray[np.float64]:
    """`(n, 6)`, columns SECOND_COLUMNS, of what `newest` gives."""
    values = [row[1:] for row in rows]
    return np.array(values, dtype=np.float64).reshape(-1, len(SECOND_COLUMNS))
