from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest

from modelregistry.models import ModelVersion

NEWEST = 20
"""Online learning makes thousands; Django's own filter would offer each."""


class VersionFilter(admin.SimpleListFilter):
    """The newest versions, and whichever is chosen: `?model_version__id__exact=7` is any one."""

    title = "model version"
    parameter_name = "model_version__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        versions = ModelVersion.objects.order_by("-pk").only("predictor", "version", "name")
        found = list(versions[:NEWEST])
        chosen = self.value()
        if chosen and chosen.isdecimal() and int(chosen) not in {one.pk for one in found}:
            found += versions.filter(pk=min(int(chosen), 2**63 - 1))
        return [(str(one.pk), str(one)) for one in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen:
            return queryset
        try:
            return queryset.filter(model_version=int(chosen))
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error
