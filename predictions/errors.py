"""Refusals of the prediction API. `docs/errors.md` lists every code."""

from collections.abc import Sequence

from learning.fields import Fault
from modelregistry.errors import DomainError

MOST_NAMED = 400
"""Faults in one answer."""


class MalformedRequest(DomainError):
    """Not a request: there is nothing to validate, and nothing goes to the audit log."""

    code = "malformed-json"
    title = "The body is not JSON"
    status = 400


class LengthRequired(MalformedRequest):
    code = "length-required"
    title = "Content-Length is required"
    status = 411


class BodyTooLarge(MalformedRequest):
    code = "body-too-large"
    title = "The body is too large"
    status = 413


class BodyNotReceived(MalformedRequest):
    """It came too slowly, or its sender went away."""

    code = "request-timeout"
    title = "The body did not come"
    status = 408


class UnsupportedMediaType(MalformedRequest):
    code = "unsupported-media-type"
    title = "The content type is not supported"
    status = 415


class MalformedForm(MalformedRequest):
    code = "malformed-form"
    title = "The form cannot be read"


class NotAuthenticated(DomainError):
    code = "not-authenticated"
    title = "Authentication is required"
    status = 401


class Forbidden(DomainError):
    code = "forbidden"
    title = "Not allowed"
    status = 403


class InvalidInput(DomainError):
    """A request with wrong fields; `errors` names each."""

    code = "invalid-input"
    title = "Some fields are not accepted"
    status = 422

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = faults
        names = ", ".join(dict.fromkeys(fault.field for fault in faults[:20]))
        super().__init__(
            f"not accepted: {names}", errors=[fault.as_json() for fault in faults[:MOST_NAMED]]
        )


class NotAnObject(DomainError):
    code = "not-an-object"
    title = "One JSON object is expected"
    status = 422


class NotReady(DomainError):
    """Data that answering needs is not there yet."""

    code = "not-ready"
    title = "The service is not ready"
    status = 503


class UnknownPrediction(DomainError):
    code = "unknown-prediction"
    title = "No such prediction"
    status = 404


class UnknownRecipe(DomainError):
    code = "unknown-recipe"
    title = "No such training recipe"
    status = 404


class DatabaseUnavailable(DomainError):
    """Without the database there is no audit row, and without an audit row no answer."""

    code = "database-unavailable"
    title = "The database is not available"
    status = 503


class InternalError(DomainError):
    code = "internal-error"
    title = "Internal error"
    status = 500
