"""An exchange followed over its websocket, whatever happens to the connection."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, reconnect
from websockets.uri import parse_uri

from predictors.bitcoin.clients.assembling import Assembler
from predictors.bitcoin.clients.coinbase import (
    Heartbeat,
    Malformed,
    Refusal,
    Trade,
    read_message,
    subscription,
)
from predictors.bitcoin.clients.pauses import Backoff
from predictors.bitcoin.clients.seconds import TradedSecond

logger = logging.getLogger(__name__)

SILENCE = 10.0
"""Seconds without any message, where a heartbeat comes every second: the connection is dead."""
WAKE = 0.2
"""Seconds after which the clock is looked at, and whether to stop."""


class ExchangeClock:
    """The exchange's time between its heartbeats. The clock of this machine may be wrong."""

    def __init__(self) -> None:
        self._said: tuple[datetime, float] | None = None

    def heard(self, time: datetime) -> None:
        self._said = time, monotonic()

    def now(self) -> datetime | None:
        if self._said is None:
            return None
        time, heard = self._said
        return time + timedelta(seconds=monotonic() - heard)


class Follower:
    """Hands each completed second to `take` as soon as it is complete, until `stop`."""

    def __init__(
        self,
        *,
        address: str,
        product: str,
        assembler: Assembler,
        take: Callable[[Sequence[TradedSecond]], None],
        stop: threading.Event,
        silence: float = SILENCE,
        backoff: Backoff | None = None,
    ) -> None:
        """`take` must not block. Raises ValueError for what is no address of a websocket."""
        try:
            parse_uri(address)
        except WebSocketException as error:
            raise ValueError(str(error)) from None
        self.malformed = 0
        self._address = address
        self._product = product
        self._assembler = assembler
        self._take = take
        self._stop = stop
        self._silence = silence
        self._backoff = backoff or Backoff(first=1.0, longest=60.0)
        self._clock = ExchangeClock()

    def run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except (OSError, EOFError, WebSocketException) as error:
                logger.warning("%s: %s: %s", self._address, type(error).__name__, error)
            if not self._stop.is_set():
                pause = self._backoff.next()
                logger.warning("connecting again in %.1f s", pause)
                self._stop.wait(pause)

    def _follow(self) -> None:
        """One connection, until it ends. Raises OSError, EOFError, WebSocketException."""
        # Not the library's own iterator of connections: it would wait through a stop, and not at
        # all before it comes back to a server that accepts each connection and then closes it.
        opening = reconnect(self._address, open_timeout=10, close_timeout=2)
        with opening as websocket:
            self._assembler.reconnected()
            websocket.send(subscription(self._product))
            logger.info("following %s at %s", self._product, self._address)
            self._listen(websocket)

    def _listen(self, websocket: ClientConnection) -> None:
        heard = monotonic()
        while not self._stop.is_set():
            try:
                message = websocket.recv(timeout=WAKE)
            except TimeoutError:
                if monotonic() - heard > self._silence:
                    raise TimeoutError(f"no message in {self._silence:g} s") from None
            else:
                heard = monotonic()
                self._read(message)
            now = self._clock.now()
            if now is not None:
                self._hand_over(self._assembler.at(now))

    def _read(self, text: str | bytes) -> None:
        try:
            message = read_message(text, self._product)
        except Malformed as error:
            self.malformed += 1
            logger.warning("malformed message, left out: %s", error)
            return
        if isinstance(message, Refusal):
            logger.error("the exchange refuses: %s", message.reason)
        elif isinstance(message, Heartbeat):
            self._backoff.reset()
            self._clock.heard(message.time)
        elif isinstance(message, Trade):
            self._backoff.reset()
            self._hand_over(self._assembler.add(message))

    def _hand_over(self, seconds: Sequence[TradedSecond]) -> None:
        if seconds:
            self._take(seconds)
