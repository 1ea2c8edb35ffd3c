"""Refusals about shadows. `docs/errors.md` lists every code."""

from modelregistry.errors import DomainError


class AlreadyActive(DomainError):
    """Against itself there is nothing to compare."""

    code = "already-active"
    title = "This version answers"
    status = 409


class TooManyShadows(DomainError):
    code = "too-many-shadows"
    title = "As many versions are shadows as there may be"
    status = 409


class NeverAShadow(DomainError):
    code = "never-a-shadow"
    title = "This version has not been a shadow"
    status = 404
