"""Refusals that have to do with `Idempotency-Key`. `docs/errors.md` lists every code."""

from modelregistry.errors import DomainError


class MalformedKey(DomainError):
    code = "malformed-idempotency-key"
    title = "The idempotency key cannot be used"
    status = 400


class KeyMismatch(DomainError):
    """One key for two things: a mistake of the client, who must be told."""

    code = "idempotency-mismatch"
    title = "The idempotency key belongs to another request"
    status = 422


class InProgress(DomainError):
    code = "idempotency-in-progress"
    title = "The first request with this idempotency key is not answered yet"
    status = 409
    retry_after = 1


class AnswerNotKept(DomainError):
    """What was asked for was done; nobody can say again what was answered."""

    code = "answer-not-kept"
    title = "The answer was too large to be kept"
    status = 409
