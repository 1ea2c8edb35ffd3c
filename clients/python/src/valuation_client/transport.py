"""Sending requests, and sending them again."""

import io
import json
import logging
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

# What was refused with these was not done: it is tried again, whatever it was.
REFUSED_FOR_NOW = frozenset({429, 503})
# From a proxy: nobody knows whether it was done.
UNKNOWN = frozenset({502, 504})
# The first of two equal requests is still being answered.
IN_PROGRESS = "idempotency-in-progress"
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
        headers = {
            "User-Agent": f"valuation-client/{__version__} python-httpx/{httpx.__version__}",
            "Accept": "application/json",
        }
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self.retries = retries
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=timeout)

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
                fault = connection_failed(error)
                again, wait = asked.is_safe_twice or isinstance(error, NOT_SENT), None
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


def connection_failed(error: httpx.RequestError) -> ConnectionFailed:
    fault = ConnectionFailed(str(error) or type(error).__name__)
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
    if error.status in REFUSED_FOR_NOW or error.code == IN_PROGRESS:
        return True
    return error.status in UNKNOWN and asked.is_safe_twice
