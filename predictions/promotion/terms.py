"""The numbers of a policy as fields: for the check at the door and for OpenAPI."""

from typing import Any, Literal

from learning.fields import Field
from predictions.promotion.models import LIMITS, PromotionPolicy

_WHOLE = {"sample_floor", "guard_hours", "guard_requests", "guard_sample_floor"}


def _number(name: str) -> Field:
    column: Any = PromotionPolicy._meta.get_field(name)
    kind: Literal["integer", "number"] = "integer" if name in _WHOLE else "number"
    smallest, largest = LIMITS[name]
    return Field(
        *(name, kind, column.help_text, smallest, largest),
        example=column.get_default(),
        optional=True,
    )


NUMBERS = [_number(name) for name in LIMITS]
