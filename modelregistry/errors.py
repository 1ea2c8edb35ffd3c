"""Errors with a code, as the API shows them (RFC 9457). `docs/errors.md` lists every code."""

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal that the caller can read. `detail` says what happened and what is accepted."""

    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"
    status: ClassVar[int] = 500
    retry_after: int | None = None
    """Seconds until it is worth asking again; None: nothing is said of it."""

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


class UnknownPredictor(DomainError):
    code = "unknown-predictor"
    title = "No such predictor"
    status = 404


class UnknownVersion(DomainError):
    code = "unknown-version"
    title = "No such model version"
    status = 404


class NoActiveModel(DomainError):
    code = "no-active-model"
    title = "No model version is active"
    status = 503


class ModelUnavailable(DomainError):
    """The active version cannot be loaded: file missing, other digest, forbidden class."""

    code = "model-unavailable"
    title = "The active model version cannot be loaded"
    status = 503


class VersionInUse(DomainError):
    """Its files are needed."""

    code = "version-in-use"
    title = "The model version is in use"
    status = 409


class InvalidArtifact(DomainError):
    code = "invalid-artifact"
    title = "The model files are not accepted"
    status = 422


class GateFailed(DomainError):
    """The version is kept, marked with the reason, and cannot be activated.

    So is one that passed and whose files were removed since.
    """

    code = "gate-failed"
    title = "The model version did not pass the gate"
    status = 422


class NothingToRollBack(DomainError):
    code = "nothing-to-roll-back"
    title = "There is no earlier version"
    status = 409


class ActiveVersionChanged(DomainError):
    """Somebody was quicker: what was decided was about another active version."""

    code = "active-version-changed"
    title = "Another version is active by now"
    status = 409
