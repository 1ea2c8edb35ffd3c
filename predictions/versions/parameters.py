from drf_spectacular.utils import OpenApiParameter

BEFORE = "before"
BEFORE_VERSION = OpenApiParameter(
    BEFORE,
    {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    OpenApiParameter.QUERY,
    description="Only versions with smaller numbers; `next` of an answer has the next page.",
)
