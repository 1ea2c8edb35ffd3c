"""What can be asked of a window of traded seconds.

"Next" is the next second *that trades*: seconds without a trade have no row.
"""

from typing import Final

NEXT_CLOSE: Final = "next_close"
NEXT_HIGH: Final = "next_high"
CURRENT_HIGH: Final = "current_high"

TARGETS: Final = (NEXT_CLOSE, NEXT_HIGH, CURRENT_HIGH)
"""The place of a name is its number in a model's row."""
FORECASTS: Final = (NEXT_CLOSE, NEXT_HIGH)
"""Those that lie ahead. The current high is known from max(open, close), all but exactly."""
DEFAULT: Final = NEXT_CLOSE


def code_of(target: str) -> int:
    """The number that stands for it in a row. Raises ValueError for a name that is none."""
    return TARGETS.index(target)
