from modelregistry.errors import DomainError
from predictions.throttling.allowance import Standing


class TooManyRequests(DomainError):
    code = "too-many-requests"
    title = "Too many requests"
    status = 429

    def __init__(self, standing: Standing) -> None:
        super().__init__(
            f"{standing.limit:,} a minute are allowed; ask again in {standing.seconds} s"
        )
        self.standing = standing
        self.retry_after = standing.seconds
