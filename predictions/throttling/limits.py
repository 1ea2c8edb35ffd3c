"""The limits of this service: of a key, and of an address without one.

Commands, workers and tests answer nobody: nobody is limited unless `start` was called.
"""

from functools import lru_cache

from django.conf import settings
from django.http import HttpResponse

from predictions.throttling.allowance import Standing
from predictions.throttling.counters import WINDOW_SECONDS
from predictions.throttling.throttle import Loop, Throttle

KEY, ADDRESS = "key", "address"
"""Policies, as the headers name them."""
# A body of this size costs nothing more than its request; each further part costs one more.
FREE_BYTES, PART_BYTES = 16_384, 4_096
MOST_COST = 100
# To check a password takes a tenth of a second of a processor, that being its purpose.
PASSWORD_COST = 20

_throttle: Throttle | None = None


def start(loop: Loop | None = None) -> None:
    """Once in each web process, after it was forked."""
    global _throttle
    _throttle = Throttle(settings.REDIS_URL, loop)
    _throttle.start()


def stop() -> None:
    """Before the process ends."""
    if _throttle is not None:
        _throttle.stop()


def cost_of(length: int | None, *, with_password: bool = False) -> int:
    """Of a request: one, more with a large body, whatever it asks for.

    `length`: bytes; None if nobody knows how many will come.
    """
    if length is None:
        return MOST_COST
    cost = PASSWORD_COST if with_password else 1
    if length <= FREE_BYTES:
        return cost
    return min(MOST_COST, cost + (length - FREE_BYTES) // PART_BYTES)


def admit_key(name: str, per_minute: int | None, cost: int) -> Standing | None:
    """None: without a limit. Raises TooManyRequests."""
    limit = settings.KEY_LIMIT if per_minute is None else per_minute
    if _throttle is None or not limit:
        return None
    return _throttle.admit(caller=f"{KEY}:{name}", limit=limit, cost=cost)


def admit_address(address: str, cost: int) -> Standing | None:
    """None: without a limit. Raises TooManyRequests."""
    if _throttle is None or not settings.ADDRESS_LIMIT:
        return None
    return _throttle.admit(caller=f"{ADDRESS}:{address}", limit=settings.ADDRESS_LIMIT, cost=cost)


def check_address(address: str) -> None:
    """Whether it has used all, as far as this process knows. Raises TooManyRequests."""
    if _throttle is not None and settings.ADDRESS_LIMIT:
        _throttle.check(caller=f"{ADDRESS}:{address}", limit=settings.ADDRESS_LIMIT)


def tell(response: HttpResponse, policy: str, standing: Standing) -> None:
    """By the headers of draft-ietf-httpapi-ratelimit-headers."""
    response["RateLimit-Policy"] = _policy(policy, standing.limit)
    response["RateLimit"] = f'"{policy}";r={standing.left};t={standing.seconds}'


@lru_cache(1000)
def _policy(policy: str, limit: int) -> str:
    return f'"{policy}";q={limit};w={WINDOW_SECONDS}'
