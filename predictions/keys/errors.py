from modelregistry.errors import DomainError


class UnknownKey(DomainError):
    code = "unknown-key"
    title = "No such API key"
    status = 404
