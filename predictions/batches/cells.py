"""From the text of a cell to the value that a client of the API would have sent as JSON."""

import math
import re
from typing import Any

from learning.fields import Field

# JSON's numbers (RFC 8259, 6), and what spreadsheets and programs write besides: +1, 1., .5, 007.
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


class Values(dict[str, Any]):
    """By the text of a cell: in a column the same ones come again and again.

    None for an empty cell: nothing was sent. Text that is no number stays text, to be named.
    """

    def __init__(self, field: Field) -> None:
        super().__init__()
        self._is_text = field.kind in ("zipcode", "date", "choice")

    def __missing__(self, cell: str) -> Any:
        text = cell.strip()
        value: Any = text or None
        if text and not self._is_text:
            value = _number(text)
        self[cell] = value
        return value


def _number(text: str) -> Any:
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text
