from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.generic import TemplateView

from console.home_form import home_form
from predictions.access import PREDICT
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


class StaffPage(Page):
    """For staff, who log in first."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if not (user.is_active and user.is_staff):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response


class EstimatorPage(StaffPage):
    template_name = "console/estimator.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if PREDICT.is_asked():
            return super().dispatch(request, *args, **kwargs)
        return Page.dispatch(self, request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            groups=home_form(),
            tiles=settings.MAP_TILES,
            credit=settings.MAP_CREDIT,
            asks_as_staff=PREDICT.is_asked(),
            **kwargs,
        )


class BitcoinPage(Page):
    template_name = "console/bitcoin.html"
