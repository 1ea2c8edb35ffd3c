"""Sending requests, and sending them again."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar

import httpx

from valuation_client.errors import (
    ConnectionFailed,
    ProblemError,
    UnexpectedAnswer,
    ValuationError,
    problem_of,
)
from valuation_client.retries import Retries
from valuation_client.version import __version__

logger = logging.getLogger("valuation_client")

T = TypeVar("T")
Body = bytes | Iterable[bytes] | IO[bytes]

# Codes of 503 that the service answers before it has done anything. `database-unavailable` is none
# of them: a connection may also break after the commit. Nor is a 503 that a proxy made.
NOTHING_DONE = frozenset(
    {
        *("login-busy", "model-unavailable", "no-active-model", "no-room", "not-ready"),
        *("seconds-busy", "training-busy"),
    }
)
# Nobody knows whether it was done, unless the code says so.
UNKNOWN = frozenset({502, 503, 504})
# The first of two equal requests is still being answered.
IN_PROGRESS = "idempotency-in-progress"
# The answer was lost. Whatever else httpx complains of would be the same the next time.
LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)
# The service was not reached, so that nothing can have been done.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, which may take several attempts."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], Body | None] = lambda: None
    """Called for each attempt."""
    is_safe_twice: bool = True
    """Doing it twice is like doing it once: reading is, and what has an idempotency key."""
    has_body_once: bool = False
    """Its body cannot be made again."""


class Transport:
    """Connections to one service; threads may share it."""

    def __init__(self, base_url: str, *, key: str | None, timeout: float, retries: Retries) -> None:
        """Raises ValueError."""
        headers = {
            "User-Agent": f"valuation-client/{__version__} python-httpx/{httpx.__version__}",
            "Accept": "application/json",
        }
        if key is not None:
            headers["Authorization"] = f"Bearer {_checked_key(key)}"
        self.retries = retries
        self._http = httpx.Client(base_url=_checked_url(base_url), headers=headers, timeout=timeout)

    def close(self) -> None:
        self._http.close()

    def json(self, asked: Asked) -> Any:
        """The answer's document."""
        return self.run(asked, read_json)

    def open(self, asked: Asked) -> httpx.Response:
        """An answer that is not read yet; its reader closes it."""
        return self.run(asked, lambda response: response)

    def run(self, asked: Asked, take: Callable[[httpx.Response], T]) -> T:
        """What `take` makes of a good answer, which it may read. Raises ValuationError."""
        attempts = self.retries.begin()
        while True:
            try:
                return self._attempt(asked, take)
            except ProblemError as error:
                fault: ValuationError = error
                again, wait = _is_for_now(error, asked), error.retry_after
            except httpx.RequestError as error:
                fault = fault_of(error)
                again, wait = isinstance(error, LOST if asked.is_safe_twice else NOT_SENT), None
            if asked.has_body_once or not again or not attempts.wait(wait):
                raise fault
            logger.info("%s %s again: %s", asked.method, asked.path, fault)

    def _attempt(self, asked: Asked, take: Callable[[httpx.Response], T]) -> T:
        body = asked.body()
        try:
            request = self._http.build_request(
                asked.method,
                asked.path,
                params=dict(asked.params),
                headers=dict(asked.headers),
                content=body,
            )
            response = self._http.send(request, stream=True)
        finally:
            if isinstance(body, io.IOBase):
                body.close()
        try:
            if not response.is_success:
                response.read()
                raise problem_of(response)
            return take(response)
        except BaseException:
            response.close()
            raise


def fault_of(error: httpx.RequestError) -> ValuationError:
    kind = UnexpectedAnswer if isinstance(error, httpx.DecodingError) else ConnectionFailed
    fault = kind(str(error) or type(error).__name__)
    fault.__cause__ = error
    return fault


def read_json(response: httpx.Response) -> Any:
    """Raises UnexpectedAnswer."""
    content = response.read()
    try:
        return json.loads(content)
    except ValueError:
        raise UnexpectedAnswer(
            f"{response.request.url} answered {response.status_code}, but no JSON"
        ) from None


def _is_for_now(error: ProblemError, asked: Asked) -> bool:
    """Whether the same may be answered otherwise later, and may be sent again."""
    if error.status == 429 or error.code == IN_PROGRESS:
        return True
    if error.status == 503 and error.code in NOTHING_DONE:
        return True
    return error.status in UNKNOWN and asked.is_safe_twice


# Neither says what it was given: a key may also have come in the place of the address.


def _checked_url(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("base_url begins with http:// or https:// and names a host")
    return url


def _checked_key(key: str) -> str:
    if not re.fullmatch("[!-~]+", key):
        raise ValueError(
            "key is visible ASCII characters: no spaces, no end of line; None where none is needed"
        )
    return key
