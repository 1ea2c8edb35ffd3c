from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView

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


class BitcoinPage(Page):
    template_name = "console/bitcoin.html"
