"""How many threads training may use in this process."""

_allowed = 2


def allowed() -> int:
    return _allowed


def allow(count: int) -> None:
    """For the whole process: before it trains."""
    global _allowed
    _allowed = count
