"""A traded second as the clients carry it, and as the service reads it."""

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from predictors.bitcoin.ml.schema import SECOND_COLUMNS


@dataclass(frozen=True, slots=True)
class TradedSecond:
    time: datetime
    """When it began: a whole second, UTC."""
    price_open: float
    price_high: float
    price_low: float
    price_close: float
    """Prices in USD."""
    volume_traded: float
    """Coins."""
    trades_count: int

    def as_json(self) -> dict[str, Any]:
        return dict(zip(SECOND_COLUMNS, astuple(self)[1:], strict=True))

    def timed_json(self) -> dict[str, Any]:
        return {"time_period_start": f"{self.time:%Y-%m-%dT%H:%M:%SZ}", **self.as_json()}
