"""These tables come from files (`load_sales`, `load_demographics`, `load_examples`)."""

from django.contrib import admin

from modelregistry.read_only import ReadOnlyAdmin
from predictors.homes.models import DataLoad, ExampleHome, Sale, ZipcodeDemographics


@admin.register(ZipcodeDemographics)
class ZipcodeDemographicsAdmin(ReadOnlyAdmin):
    list_display = ("zipcode", "ppltn_qty", "medn_hshld_incm_amt", "hous_val_amt", "load")
    list_select_related = ("load",)
    search_fields = ("zipcode__startswith",)


@admin.register(Sale)
class SaleAdmin(ReadOnlyAdmin):
    list_display = (
        "parcel",
        "date",
        "price",
        "zipcode",
        "bedrooms",
        "bathrooms",
        "sqft_living",
        "grade",
        "yr_built",
    )
    list_filter = ("date", "grade", "waterfront")
    search_fields = ("parcel__exact", "zipcode__exact")
    show_full_result_count = False


@admin.register(DataLoad)
class DataLoadAdmin(ReadOnlyAdmin):
    list_display = ("dataset", "file_name", "rows", "is_synthetic", "loaded_at", "sha256")
    list_filter = ("dataset", "is_synthetic")


@admin.register(ExampleHome)
class ExampleHomeAdmin(ReadOnlyAdmin):
    list_display = ("id", "facts", "load")
    list_select_related = ("load",)
