"""Messages of Coinbase Exchange: the public channels `matches` (trades) and `heartbeat`.

https://docs.cdp.coinbase.com/exchange/websocket-feed/channels: a trade is `match`, the last one
before the subscription `last_match`; `trade_id` rises by one from trade to trade of a product
(`sequence` counts messages of other channels too), and "messages can be dropped from this channel".
A heartbeat comes every second. Numbers come as text. What is of an unknown type is to be ignored.
"""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ADDRESS = "wss://ws-feed.exchange.coinbase.com"
PRODUCT = "BTC-USD"


class Malformed(ValueError):
    """A message that is not as documented."""


@dataclass(frozen=True, slots=True)
class Trade:
    id: int
    time: datetime
    """By the exchange, UTC."""
    price: float
    """USD."""
    size: float
    """Coins."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    time: datetime
    """By the exchange, UTC."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Of a subscription, or of what else the exchange does not like."""

    reason: str


Message = Trade | Heartbeat | Refusal


def subscription(product: str) -> str:
    """To be sent within five seconds."""
    channels = ["matches", "heartbeat"]
    return json.dumps({"type": "subscribe", "product_ids": [product], "channels": channels})


def read_message(text: str | bytes, product: str) -> Message | None:
    """None for what says nothing of this product's trades. Raises Malformed."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"no JSON: {error}") from None
    if not isinstance(message, dict):
        raise Malformed("not an object")
    kind = message.get("type")
    if kind == "error":
        return Refusal(f"{message.get('message')}: {message.get('reason')}")
    if kind not in ("match", "last_match", "heartbeat") or message.get("product_id") != product:
        return None
    time = _time(message.get("time"))
    if kind == "heartbeat":
        return Heartbeat(time)
    number = message.get("trade_id")
    if type(number) is not int or number < 0:
        raise Malformed(f"trade_id {number!r:.40}")
    return Trade(number, time, _positive(message, "price"), _positive(message, "size"))


def _time(said: Any) -> datetime:
    try:
        return datetime.fromisoformat(said).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Malformed(f"time {said!r:.40}") from None


def _positive(message: dict[str, Any], name: str) -> float:
    said = message.get(name)
    try:
        number = float(said) if isinstance(said, str) else math.nan
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise Malformed(f"{name} {said!r:.40}")
    return number
