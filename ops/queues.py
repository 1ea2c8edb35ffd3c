"""How many messages wait for workers: asked of Redis, which may be away."""

from dataclasses import dataclass

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

TIMEOUT_SECONDS = 0.5
# Celery's transport keeps here what workers have taken and not yet done, of all queues.
TAKEN = "unacked"


@dataclass(frozen=True, slots=True)
class Queues:
    waiting: dict[str, int]
    """Messages that no worker has taken, by queue."""
    taken: int
    """Messages that workers have and have not done, of all queues together."""


def names() -> tuple[str, ...]:
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    return tuple(sorted(routed | {settings.CELERY_TASK_DEFAULT_QUEUE}))


def lengths() -> Queues | None:
    """None: Redis cannot be reached. It is waited for at most some TIMEOUT_SECONDS."""
    queues = names()
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        with client, client.pipeline(transaction=False) as pipeline:
            for name in queues:
                pipeline.llen(name)
            pipeline.hlen(TAKEN)
            *waiting, taken = pipeline.execute()
    except (RedisError, OSError):
        return None
    return Queues(waiting=dict(zip(queues, waiting, strict=True)), taken=taken)
