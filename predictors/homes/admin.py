from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from predictors.homes.models import DataLoad, Sale, ZipcodeDemographics


class LoadedAdmin(ModelAdmin):
    """These tables come from files (`load_sales`, `load_demographics`); here they are looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(ZipcodeDemographics)
class ZipcodeDemographicsAdmin(LoadedAdmin):
    list_display = ("zipcode", "ppltn_qty", "medn_hshld_incm_amt", "hous_val_amt", "load")
    list_select_related = ("load",)
    search_fields = ("zipcode__startswith",)


@admin.register(Sale)
class SaleAdmin(LoadedAdmin):
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
class DataLoadAdmin(LoadedAdmin):
    list_display = ("dataset", "file_name", "rows", "is_synthetic", "loaded_at", "sha256")
    list_filter = ("dataset", "is_synthetic")
