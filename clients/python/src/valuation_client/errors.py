"""What can go wrong. Every error of this package is a `ValuationError`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from valuation_client.retries import seconds_to_wait

MOST_SHOWN = 200
"""Characters of an answer that is no problem document."""


class ValuationError(Exception):
    """The service could not be asked, or did not do what was asked."""


class ConnectionFailed(ValuationError):
    """The service cannot be reached, or did not answer to the end in time.

    Whether it did what was asked is not known, unless it was never reached.
    """


class UnexpectedAnswer(ValuationError):
    """An answer that is not as the API describes it: something else listens there."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field."""

    field: str
    detail: str
    accepted: str


class ProblemError(ValuationError):
    """The service refused: a problem document (RFC 9457). `code` is stable; docs/errors.md."""

    def __init__(
        self,
        *,
        status: int,
        code: str,
        title: str,
        detail: str,
        errors: tuple[Fault, ...] = (),
        request_id: str = "",
        retry_after: float | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.errors = errors
        """Every field that is wrong."""
        self.request_id = request_id
        """How the service's own log names the request."""
        self.retry_after = retry_after
        """Seconds after which to try again, if the service said so."""
        self.members: Mapping[str, Any] = members or {}
        """The whole document."""


class NotAuthenticated(ProblemError):
    """401: no key where one is needed, or one that is wrong, has expired or was revoked."""


class Forbidden(ProblemError):
    """403: the key has not the scope that this needs; `detail` names it."""


class NotFound(ProblemError):
    """404: no such prediction, batch, version or predictor."""


class Conflict(ProblemError):
    """409: not in the state that it is in."""


class InvalidInput(ProblemError):
    """422: `errors` names every field that is not accepted, and what would be."""


class TooManyRequests(ProblemError):
    """429, also after the retries."""


class Unavailable(ProblemError):
    """503, also after the retries."""


class BatchFailed(ValuationError):
    """A batch that ended, but not well: `state` is `failed` or `cancelled`."""

    def __init__(self, *, batch_id: str, state: str, error: str | None) -> None:
        super().__init__(f"batch {batch_id} is {state}" + (f": {error}" if error else ""))
        self.batch_id = batch_id
        self.state = state
        self.error = error


class WaitTimeout(ValuationError, TimeoutError):
    """The batch goes on: wait again, or cancel it."""


_KINDS: Mapping[int, type[ProblemError]] = {
    401: NotAuthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: InvalidInput,
    429: TooManyRequests,
    503: Unavailable,
}


def problem_of(response: httpx.Response) -> ProblemError:
    """The error of an answer that has been read; also of one that a proxy made."""
    document = _document(response)
    status = response.status_code
    return _KINDS.get(status, ProblemError)(
        status=status,
        code=str(document.get("code") or f"http-{status}"),
        title=str(document.get("title") or _phrase(status)),
        detail=str(document.get("detail") or response.text[:MOST_SHOWN] or _phrase(status)),
        errors=_faults(document.get("errors")),
        request_id=str(document.get("request_id") or response.headers.get("X-Request-ID", "")),
        retry_after=seconds_to_wait(response.headers.get("Retry-After")),
        members=document,
    )


def _document(response: httpx.Response) -> Mapping[str, Any]:
    try:
        found = json.loads(response.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _faults(found: Any) -> tuple[Fault, ...]:
    listed = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    names = ("field", "detail", "accepted")
    return tuple(Fault(*(str(item.get(name, "")) for name in names)) for item in listed)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason was given"
