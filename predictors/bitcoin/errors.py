from modelregistry.errors import DomainError


class SecondsBusy(DomainError):
    """Others record seconds just now, many of them; nothing was recorded."""

    code = "seconds-busy"
    title = "Other seconds are being recorded"
    status = 503
