"""How many messages wait for workers."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings
from django.test import override_settings

from ops import queues


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(*queues.names(), queues.TAKEN)
        yield client
        client.delete(*queues.names(), queues.TAKEN)


def test_it_works(broker: redis.Redis) -> None:
    broker.rpush("batches", "one", "two")
    broker.rpush("training", "one")
    broker.hset(queues.TAKEN, "three", "…")
    found = queues.lengths()
    assert found is not None
    assert found.waiting == {"batches": 2, "default": 0, "training": 1}
    assert found.taken == 1


@override_settings(REDIS_URL="redis://127.0.0.1:9")
def test_without_redis_nobody_fails() -> None:
    assert queues.lengths() is None
