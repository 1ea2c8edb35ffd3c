"""One traded second and a window of sixty: names, types and ranges.

Ranges leave room for any coin in any currency, and end where a typing error is likelier.
"""

from typing import Final

from learning.fields import Field

WINDOW: Final = 60
"""Traded seconds in a request, the current one included."""
SECOND_COLUMNS: Final = (
    "price_open",
    "price_high",
    "price_low",
    "price_close",
    "volume_traded",
    "trades_count",
)
"""The columns of a window `(60, 6)`, oldest second first."""
CURRENT_COLUMNS: Final = tuple(name for name in SECOND_COLUMNS if name != "price_high")
"""What is asked of the current second; its high may be unknown."""
RAW_FEATURES: Final = (
    *CURRENT_COLUMNS,
    *(f"{name}_-{lag}" for lag in range(1, WINDOW) for name in SECOND_COLUMNS),
)
"""The 359 numbers of a flat request, newest second first: the handed-over model's inputs."""

PRICE_MINIMUM, PRICE_MAXIMUM = 1e-6, 1e9
VOLUME_MAXIMUM = 1e12
TRADES_MAXIMUM = 1_000_000_000

# A minute made up for the documentation: price_open, high, low, close, volume, trades; it repeats.
_EXAMPLE_SECONDS = (
    (7169.90, 7170.25, 7169.90, 7170.25, 0.1203, 2),
    (7170.25, 7170.25, 7169.70, 7169.80, 0.0871, 3),
    (7169.80, 7170.05, 7169.80, 7170.05, 0.0150, 1),
    (7170.05, 7171.40, 7170.05, 7171.10, 0.6412, 5),
    (7171.10, 7171.10, 7170.55, 7170.60, 0.0300, 2),
    (7170.60, 7170.60, 7169.90, 7169.90, 0.2045, 2),
)

_DESCRIPTIONS = {
    "price_open": "first price",
    "price_high": "highest price",
    "price_low": "lowest price",
    "price_close": "last price",
    "volume_traded": "volume traded, in coins,",
    "trades_count": "number of trades",
}


def _when(lag: int) -> str:
    if lag == 0:
        return "of the current second"
    return f"of the traded second {lag} before" if lag > 1 else "of the traded second before"


def _field(column: str, lag: int, name: str, *, optional: bool = False) -> Field:
    kind, minimum, maximum = "number", PRICE_MINIMUM, PRICE_MAXIMUM
    unit = ", USD"
    if column == "volume_traded":
        minimum, maximum, unit = 0.0, VOLUME_MAXIMUM, ""
    elif column == "trades_count":
        kind, minimum, maximum, unit = "integer", 0, TRADES_MAXIMUM, ""
    return Field(
        name,
        "integer" if kind == "integer" else "number",
        f"{_DESCRIPTIONS[column]} {_when(lag)}{unit}",
        minimum,
        maximum,
        _EXAMPLE_SECONDS[-1 - lag % len(_EXAMPLE_SECONDS)][SECOND_COLUMNS.index(column)],
        optional=optional,
    )


WINDOW_FIELDS: Final = (
    *(_field(column, 0, column) for column in CURRENT_COLUMNS),
    *(
        _field(column, lag, f"{column}_-{lag}")
        for lag in range(1, WINDOW)
        for column in SECOND_COLUMNS
    ),
)
"""Of a flat request, in the order of RAW_FEATURES."""
PRICE_HIGH_FIELD: Final = _field("price_high", 0, "price_high", optional=True)
"""The current second's high. It is accepted and changes no forecast."""
SECOND_FIELDS: Final = tuple(_field(column, 0, column) for column in SECOND_COLUMNS)
"""Of one full second."""
