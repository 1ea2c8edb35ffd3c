from typing import Any

from console.operations.attention import notices
from console.operations.charts import charts
from console.operations.gathering import RANGES, USUAL, gather
from console.views import StaffPage
from predictions.outcomes.live import NEWEST
from predictions.reasons import REASON_LENGTH


# Of staff: it says who asks, and how the service is.
class OperationsPage(StaffPage):
    template_name = "console/operations.html"

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
