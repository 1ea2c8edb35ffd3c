"""Bitcoin: the price of the next second that trades."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from valuation_client.asking import asked_once, asked_with, joined
from valuation_client.documents import build
from valuation_client.homes import Data, Model
from valuation_client.transport import Asked, Transport

Target = Literal["next_close", "next_high", "current_high"]


@dataclass(frozen=True, slots=True)
class NaiveGuesses:
    """What one would say without a model, USD."""

    last_close: float
    ewma: float | None = None
    max_open_close: float | None = None


@dataclass(frozen=True, slots=True)
class Oddity:
    """What is odd in the request, and was answered nevertheless."""

    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was answered; it stands in the log of the service under `id`."""

    id: str
    bitcoin_prediction: float
    """USD per coin."""
    currency: str
    target: Target
    naive: NaiveGuesses
    warnings: tuple[Oddity, ...]
    model: Model
    api_version: str
    data: Data


@dataclass(frozen=True, slots=True)
class SecondsRecorded:
    added: int
    known: int
    """That were there with the same numbers."""
    resolved: int
    """Predictions that met their second."""
    newest: datetime


@dataclass(frozen=True, slots=True)
class PriceErrors:
    """None: there is nothing to tell it from. USD, and basis points of the actual price."""

    rmse_usd: float | None
    mae_usd: float | None
    bias_usd: float | None
    """Above 0: too high."""
    rmse_bp: float | None
    mae_bp: float | None
    bias_bp: float | None
    direction: float | None
    """Of the seconds that brought another price: share guessed on the right side, %."""


@dataclass(frozen=True, slots=True)
class VersionAccuracy:
    version: int
    name: str
    n: int
    enough: bool
    model: PriceErrors
    persistence: PriceErrors
    ewma: PriceErrors


@dataclass(frozen=True, slots=True)
class BitcoinAccuracy:
    """The model, persistence (the last close) and EWMA(0.2), about the same seconds."""

    predictor: str
    target: Target
    window: str
    since: datetime | None
    until: datetime
    data: Data | None
    cut: bool
    n: int
    """Forecasts whose second has come."""
    enough: bool
    """At least 30: fewer say little."""
    model: PriceErrors
    persistence: PriceErrors
    ewma: PriceErrors
    note: str
    versions: tuple[VersionAccuracy, ...]


class Bitcoin:
    """`client.bitcoin`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def predict(
        self,
        window: Mapping[str, object] | Sequence[Mapping[str, object]],
        *,
        target: Target = "next_close",
        idempotency_key: str | None = None,
    ) -> Forecast:
        """From sixty traded seconds: a sequence in ascending time, or the 359 flat fields.

        Of the last second `price_high` may be missing. Raises InvalidInput, Unavailable, …
        """
        last_minute = window if isinstance(window, Mapping) else list(window)
        body = {"bitcoin_last_minute": last_minute, "target": target}
        asked = asked_once(
            "/api/bitcoin/predict/", body, key=idempotency_key, retries=self._transport.retries
        )
        return build(Forecast, self._transport.json(asked))

    def record_seconds(self, seconds: Sequence[Mapping[str, object]]) -> SecondsRecorded:
        """Say what was traded, up to 10,000 seconds; what is known already does no harm.

        Needs the scope `train`. Raises InvalidInput: then none is recorded.
        """
        # No key: to say it twice is to say it once.
        asked = asked_with("POST", "/api/bitcoin/seconds/", list(seconds))
        return build(SecondsRecorded, self._transport.json(asked))

    def accuracy(self, window: str = "60s", *, target: Target | None = None) -> BitcoinAccuracy:
        """How far off the forecasts were, beside the naive guesses. `window`: `60s`, `10m`, `90d`,
        `all`."""
        asked = Asked("GET", "/api/bitcoin/accuracy/", joined(window=window, target=target))
        return build(BitcoinAccuracy, self._transport.json(asked))

    def live(
        self, *, minutes: int | None = None, after: datetime | None = None
    ) -> Mapping[str, Any]:
        """The last minutes of the market and what was said of them, as the API has it."""
        asked = Asked("GET", "/api/bitcoin/live/", joined(minutes=minutes, after=after))
        found: Mapping[str, Any] = self._transport.json(asked)
        return found
