from modelregistry.errors import DomainError


class UnknownReport(DomainError):
    code = "unknown-report"
    title = "No such drift report"
    status = 404
