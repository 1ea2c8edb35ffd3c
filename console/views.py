from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView

from console.home_form import home_form
from predictions.problems import from_status


class Page(TemplateView):
    """Something to look at. It holds no data: its script asks the API, as any client may."""

    http_method_names = ("get", "head")

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = from_status(405, "a page is only looked at", request)
        response["Allow"] = ", ".join(name.upper() for name in self.http_method_names)
        return response


class EstimatorPage(Page):
    template_name = "console/estimator.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            groups=home_form(), tiles=settings.MAP_TILES, credit=settings.MAP_CREDIT, **kwargs
        )


class BitcoinPage(Page):
    template_name = "console/bitcoin.html"
