"""The service as a client sees it: over HTTP, with patience."""

import http.client
import json
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from predictors.bitcoin.clients.pauses import Backoff
from predictors.bitcoin.clients.seconds import TradedSecond
from predictors.bitcoin.ml.targets import NEXT_CLOSE

logger = logging.getLogger(__name__)

BUSY = frozenset({429, 502, 503, 504})
"""Answers that another attempt may change; the first two may say when (`Retry-After`)."""
TIMEOUT = 30.0
PATIENCE = 60.0
"""How long one request is tried again, seconds."""
AT_ONCE = 1_000
"""Seconds that are told in one request."""


class ServiceRefused(Exception):
    """It understood, and says no: asking again changes nothing."""

    def __init__(self, status: int, problem: Any) -> None:
        self.status = status
        detail = problem.get("detail") if isinstance(problem, dict) else None
        faults = problem.get("errors") if isinstance(problem, dict) else None
        more = f": {json.dumps(faults[:5])}" if isinstance(faults, list) and faults else ""
        super().__init__(f"the service answered {status}: {detail or problem}{more}")


class ServiceAway(Exception):
    """Nothing sensible was heard for all the patience, or one was told to stop waiting."""


@dataclass(frozen=True, slots=True)
class Told:
    added: int
    resolved: int
    """Predictions whose second came."""
    repeated: bool
    """It took several attempts: an earlier one may have done it, and its answer was lost."""


@dataclass(frozen=True, slots=True)
class Answer:
    prediction: float
    last_close: float
    ewma: float
    """USD; the last two are the naive guesses that came with it."""
    version: int


class Service:
    """One connection that is kept; not for several threads at once.

    What is sent can be sent again without harm: a second is recorded once, and equal questions
    have equal answers. So whatever fails on the way is tried again.
    """

    def __init__(
        self, url: str, key: str, *, stop: threading.Event, patience: float = PATIENCE
    ) -> None:
        """Raises ValueError for what is no address. `stop` ends every waiting."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not an address such as http://127.0.0.1:8000")
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT)
        self._base = parts.path.rstrip("/")
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        self._stop = stop
        self._patience = patience

    def newest(self) -> datetime | None:
        """The time of the newest second that the service knows."""
        found, _ = self._send("GET", "/api/bitcoin/live/?minutes=1")
        with _understanding():
            newest = found["newest"]
            return datetime.fromisoformat(newest["time"]) if newest else None

    def data(self) -> str | None:
        """What its seconds are: `real`, `synthetic`, or None: it has none."""
        found, _ = self._send("GET", "/api/bitcoin/live/?minutes=1")
        with _understanding():
            data = found["data"]
            return None if data is None else str(data)

    def tell(self, seconds: Sequence[TradedSecond]) -> Told:
        """That these were traded, in order. Raises ServiceRefused, ServiceAway."""
        added = resolved = 0
        repeated = False
        for start in range(0, len(seconds), AT_ONCE):
            body = [second.timed_json() for second in seconds[start : start + AT_ONCE]]
            found, attempts = self._send("POST", "/api/bitcoin/seconds/", body)
            with _understanding():
                added += found["added"]
                resolved += found["resolved"]
            repeated |= attempts > 1
        return Told(added, resolved, repeated)

    def ask(self, window: Sequence[TradedSecond]) -> Answer:
        """The close of the next second that trades. Raises ServiceRefused, ServiceAway."""
        # The target is said: a version that does not forecast refuses, instead of answering what
        # it is good for.
        seconds = [second.as_json() for second in window]
        body = {"bitcoin_last_minute": seconds, "target": NEXT_CLOSE}
        found, _ = self._send("POST", "/predict", body)
        with _understanding():
            return Answer(
                prediction=found["bitcoin_prediction"],
                last_close=found["naive"]["last_close"],
                ewma=found["naive"]["ewma"],
                version=found["model"]["version"],
            )

    def close(self) -> None:
        self._connection.close()

    def _send(self, method: str, path: str, body: Any = None) -> tuple[Any, int]:
        """What came back, and how many attempts that took."""
        content = None if body is None else json.dumps(body).encode()
        deadline = monotonic() + self._patience
        backoff = Backoff(first=0.1, longest=5.0)
        attempts = 0
        while True:
            attempts += 1
            pause = backoff.next()
            try:
                status, headers, text = self._attempt(method, path, content)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                reason = f"{type(error).__name__}: {error}"
            else:
                if status not in BUSY:
                    return _read(status, text), attempts
                reason = f"it answered {status}"
                pause = max(pause, _seconds(headers.get("Retry-After")))
            if monotonic() + pause > deadline:
                raise ServiceAway(f"no answer from the service in {self._patience:g} s ({reason})")
            logger.warning("%s %s: %s; again in %.1f s", method, path, reason, pause)
            if self._stop.wait(pause):
                raise ServiceAway(f"stopped while the service was away ({reason})")

    def _attempt(
        self, method: str, path: str, content: bytes | None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        self._connection.request(method, self._base + path, content, self._headers)
        response = self._connection.getresponse()
        return response.status, response.headers, response.read()


@contextmanager
def _understanding() -> Iterator[None]:
    """Of an answer with status 200: another server may give one, too."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        reason = f"an answer that is not as documented ({type(error).__name__}: {error})"
        raise ServiceRefused(200, reason) from None


def _read(status: int, text: bytes) -> Any:
    try:
        found = json.loads(text)
    except ValueError:
        found = text[:200].decode(errors="replace")
        raise ServiceRefused(status, f"no JSON: {found!r}") from None
    if status >= 300:
        raise ServiceRefused(status, found)
    return found


def _seconds(said: str | None) -> float:
    """Of the header `Retry-After`; its other form, a date, counts as if nothing was said."""
    return float(said) if said is not None and said.isdecimal() else 0.0
