from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from console.operations.attention import notices
from console.operations.charts import charts
from console.operations.gathering import RANGES, USUAL, gather
from console.views import Page
from predictions.outcomes.live import NEWEST
from predictions.problems import from_error
from predictions.reasons import REASON_LENGTH


class OperationsPage(Page):
    template_name = "console/operations.html"

    # Staff only: it says who asks, and how the service is.
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            user = request.user
            if not (user.is_active and user.is_staff):
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            response = super().dispatch(request, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            away = from_error(error, request)
            assert away is not None
            return away
        add_never_cache_headers(response)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("range", USUAL)
        found = gather(window=asked if asked in RANGES else USUAL)
        return super().get_context_data(
            found=found,
            notices=notices(found),
            charts=charts(found),
            ranges=RANGES,
            most_outcomes=NEWEST,
            may_switch=self.request.user.has_perm("modelregistry.change_modelversion"),
            reason_length=REASON_LENGTH,
            **kwargs,
        )
