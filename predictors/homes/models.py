from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import Count, ExpressionWrapper, F, FloatField, Max, Min, Q, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Now, RowNumber


class DataLoadQuerySet(models.QuerySet["DataLoad"]):
    def latest_of(self, dataset: str) -> "DataLoad | None":
        return self.filter(dataset=dataset).order_by("-id").first()

    def marks(self) -> list[tuple[int, datetime]]:
        """Other ones whenever files or outcomes changed sales or demographics."""
        loads = self.exclude(dataset=DataLoad.Dataset.EXAMPLES)
        return list(loads.order_by("id").values_list("id", "loaded_at"))


class DataLoad(models.Model):
    """A file that was loaded into one of the tables below, or the outcomes that were added."""

    class Dataset(models.TextChoices):
        SALES = "sales"
        DEMOGRAPHICS = "demographics"
        EXAMPLES = "examples"
        # Not a file: what was reported of homes that were valued (`predictors.homes.outcomes`).
        OUTCOMES = "outcomes"

    dataset = models.CharField(max_length=20, choices=Dataset.choices)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    is_synthetic = models.BooleanField()
    # Of outcomes: when they last changed the sales.
    loaded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = DataLoadQuerySet.as_manager()

    class Meta:
        verbose_name = "data load"

    def __str__(self) -> str:
        kind = "synthetic" if self.is_synthetic else "real"
        return f"{self.file_name} ({kind}, sha256:{self.sha256[:12]})"


class ZipcodeDemographics(models.Model):
    """U.S. Census figures of one zipcode: counts of people, USD, percentages (`per_…`)."""

    zipcode = models.CharField(max_length=5, primary_key=True)
    ppltn_qty = models.FloatField()
    urbn_ppltn_qty = models.FloatField()
    sbrbn_ppltn_qty = models.FloatField()
    farm_ppltn_qty = models.FloatField()
    non_farm_qty = models.FloatField()
    medn_hshld_incm_amt = models.FloatField()
    medn_incm_per_prsn_amt = models.FloatField()
    hous_val_amt = models.FloatField()
    edctn_less_than_9_qty = models.FloatField()
    edctn_9_12_qty = models.FloatField()
    edctn_high_schl_qty = models.FloatField()
    edctn_some_clg_qty = models.FloatField()
    edctn_assoc_dgre_qty = models.FloatField()
    edctn_bchlr_dgre_qty = models.FloatField()
    edctn_prfsnl_qty = models.FloatField()
    per_urbn = models.FloatField()
    per_sbrbn = models.FloatField()
    per_farm = models.FloatField()
    per_non_farm = models.FloatField()
    per_less_than_9 = models.FloatField()
    per_9_to_12 = models.FloatField()
    per_hsd = models.FloatField()
    per_some_clg = models.FloatField()
    per_assoc = models.FloatField()
    per_bchlr = models.FloatField()
    per_prfsnl = models.FloatField()
    load = models.ForeignKey(DataLoad, on_delete=models.PROTECT, editable=False)

    class Meta:
        verbose_name = "demographics of a zipcode"
        verbose_name_plural = "demographics"
        ordering = ("zipcode",)
        constraints = (
            models.CheckConstraint(
                condition=Q(zipcode__regex=r"^[0-9]{5}$"), name="demographics_zipcode_5_digits"
            ),
        )

    def __str__(self) -> str:
        return self.zipcode


class Quantile(models.Aggregate):
    """The value of a row below which a share of the rows lies; never one between two rows."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, share: float = 0.5) -> None:
        super().__init__(expression, share=share)


PRICE_PER_SQFT = ExpressionWrapper(F("price") / F("sqft_living"), output_field=FloatField())


class SaleQuerySet(models.QuerySet["Sale"]):
    def by_zipcode(self, columns: Sequence[str]) -> "list[dict[str, Any]]":
        """One for each: its sales, prices in USD, and `typical_…`, the median of a column."""
        rows: models.QuerySet[Any, Any] = self.values("zipcode").annotate(
            sales=Count("id"),
            first_sale=Min("date"),
            last_sale=Max("date"),
            lower_price=Quantile("price", 0.25),
            median_price=Quantile("price"),
            upper_price=Quantile("price", 0.75),
            median_price_per_sqft=Quantile(PRICE_PER_SQFT),
            **{f"typical_{name}": Quantile(name) for name in columns},
        )
        return list(rows.order_by("zipcode"))

    def positions(self) -> "list[tuple[str, float, float]]":
        """Zipcode, latitude and longitude of every sale."""
        return list(self.order_by("id").values_list("zipcode", "lat", "long"))

    def save_told(self, sales: Sequence["Sale"]) -> None:
        """What outcomes can change of a sale, of all at once; `bulk_update` would take a minute."""
        with connection.cursor() as cursor:
            # One may come to the day that another leaves, and uniqueness is checked row by row.
            cursor.execute(
                "UPDATE homes_sale AS s SET parcel = '~' || to_hex(s.id) "
                "FROM unnest(%s::int8[], %s::text[], %s::date[]) AS n (id, parcel, date) "
                "WHERE s.id = n.id AND (s.parcel, s.date) <> (n.parcel, n.date)",
                [
                    [sale.pk for sale in sales],
                    [sale.parcel for sale in sales],
                    [sale.date for sale in sales],
                ],
            )
            cursor.execute(
                "UPDATE homes_sale AS s SET (parcel, date, price) = ROW(n.parcel, n.date, n.price) "
                "FROM unnest(%s::int8[], %s::text[], %s::date[], %s::numeric[]) "
                "AS n (id, parcel, date, price) WHERE s.id = n.id",
                [
                    [sale.pk for sale in sales],
                    [sale.parcel for sale in sales],
                    [sale.date for sale in sales],
                    [sale.price for sale in sales],
                ],
            )


class Sale(models.Model):
    """A home that was sold. A parcel sold twice is two rows."""

    parcel = models.CharField(max_length=10, help_text="King County parcel number (`id` in files)")
    date = models.DateField()
    price = models.DecimalField(max_digits=12, decimal_places=2, help_text="USD")
    bedrooms = models.PositiveSmallIntegerField()
    bathrooms = models.FloatField()
    sqft_living = models.PositiveIntegerField()
    sqft_lot = models.PositiveIntegerField()
    floors = models.FloatField()
    waterfront = models.PositiveSmallIntegerField()
    view = models.PositiveSmallIntegerField()
    condition = models.PositiveSmallIntegerField()
    grade = models.PositiveSmallIntegerField()
    sqft_above = models.PositiveIntegerField()
    sqft_basement = models.PositiveIntegerField()
    yr_built = models.PositiveSmallIntegerField()
    yr_renovated = models.PositiveSmallIntegerField()
    zipcode = models.CharField(max_length=5, db_index=True)
    lat = models.FloatField()
    long = models.FloatField()
    sqft_living15 = models.PositiveIntegerField()
    sqft_lot15 = models.PositiveIntegerField()
    load = models.ForeignKey(DataLoad, on_delete=models.PROTECT, editable=False)

    objects = SaleQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("parcel", "date"), name="sale_parcel_date"),
            models.CheckConstraint(condition=Q(price__gt=0), name="sale_price_positive"),
            models.CheckConstraint(
                condition=Q(zipcode__regex=r"^[0-9]{5}$"), name="sale_zipcode_5_digits"
            ),
            models.CheckConstraint(
                condition=Q(sqft_living=F("sqft_above") + F("sqft_basement")),
                name="sale_living_is_above_and_basement",
            ),
        )

    def __str__(self) -> str:
        return f"{self.parcel} on {self.date}"


class ExampleHomeQuerySet(models.QuerySet["ExampleHome"]):
    def valued(self, most: int) -> list[dict[str, Any]]:
        """The facts of those in zipcodes that have demographics, from all parts of the file."""
        known = ZipcodeDemographics.objects.values("zipcode")
        homes = self.annotate(place=KeyTextTransform("zipcode", "facts")).filter(place__in=known)
        step = max(1, homes.count() // most)
        numbered = homes.annotate(number=Window(RowNumber(), order_by="id") - 1)
        chosen = numbered.annotate(rest=F("number") % step).filter(rest=0)
        return list(chosen.order_by("id").values_list("facts", flat=True)[:most])


class ExampleHome(models.Model):
    """A home to try the service with: nobody has sold it yet."""

    facts = models.JSONField(help_text="all 18, as a client would send them")
    load = models.ForeignKey(DataLoad, on_delete=models.PROTECT, editable=False)

    objects = ExampleHomeQuerySet.as_manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"example {self.pk}"
