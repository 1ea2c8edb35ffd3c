from modelregistry.errors import DomainError


class CannotGoOn(DomainError):
    """The active version is of a kind that is only trained in one go."""

    code = "cannot-learn-online"
    title = "The active version cannot go on learning"
    status = 409


class TeachingBusy(DomainError):
    """Somebody else teaches just now, and has for seconds; nothing was changed."""

    code = "training-busy"
    title = "The predictor is being taught already"
    status = 503
