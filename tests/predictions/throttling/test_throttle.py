"""Who may still ask this minute: several processes (here: several throttles) and one Redis."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import redis
from django.conf import settings

from ops.embedded.valkey import EmbeddedValkey
from predictions.throttling import throttle as module
from predictions.throttling.allowance import Standing
from predictions.throttling.counters import KEY
from predictions.throttling.errors import TooManyRequests
from predictions.throttling.throttle import Throttle
from tests.live import wait_until
from tests.predictions.ways import InLoop

Make = Callable[..., Throttle]
NOWHERE = "redis://127.0.0.1:9"


@pytest.fixture
def make() -> Iterator[Make]:
    """Throttles that are kept tidy, as in a web process."""
    made: list[Throttle] = []

    def start(url: str = settings.REDIS_URL) -> Throttle:
        made.append(Throttle(url))
        made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.stop()


@pytest.fixture
def caller() -> str:
    return f"key:{uuid.uuid4()}"


def asked(throttle: Throttle, caller: str, limit: int, cost: int = 1) -> Standing | None:
    """None: refused."""
    try:
        return throttle.admit(caller=caller, limit=limit, cost=cost)
    except TooManyRequests:
        return None


def admitted(throttles: list[Throttle], caller: str, limit: int, times: int) -> int:
    """How many of so many requests pass, made by sixteen threads without a pause."""

    def ask(number: int) -> int:
        share = range(number, times, 16)
        return sum(asked(throttles[n % len(throttles)], caller, limit) is not None for n in share)

    with ThreadPoolExecutor(16) as pool:
        return sum(pool.map(ask, range(16)))


def used(caller: str) -> int:
    """As Redis counts."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return int(client.hget(KEY + caller, "used") or 0)


def take_some_ahead(throttle: Throttle, caller: str, limit: int) -> int:
    """How many were asked for; Redis counted more."""
    asked_for = 0
    while used(caller) == asked_for:
        asked_for += admitted([throttle], caller, limit, 50)
    return asked_for


def test_it_works(make: Make, caller: str) -> None:
    throttle = make()
    first = throttle.admit(caller=caller, limit=2)
    assert (first.limit, first.left) == (2, 1) and 59 <= first.seconds <= 60
    assert throttle.admit(caller=caller, limit=2).left == 0
    with pytest.raises(TooManyRequests) as refused:
        throttle.admit(caller=caller, limit=2)
    assert refused.value.standing.left == 0 and refused.value.retry_after in (59, 60)


@pytest.mark.parametrize("limit", [1, 7, 100, 3000])
def test_several_processes_let_pass_exactly_as_many_as_one(
    make: Make, caller: str, limit: int
) -> None:
    throttles = [make(), make(), make()]
    assert admitted(throttles, caller, limit, limit + limit // 2 + 64) == limit
    wait_until(lambda: used(caller) == limit)


def test_in_the_loop_and_in_threads_one_limit_holds(caller: str) -> None:
    way = InLoop()
    throttle = Throttle(settings.REDIS_URL, way.waiting)
    other = ThreadPoolExecutor(1).submit(admitted, [throttle], caller, 500, 400)
    found = way.outcomes(lambda _: throttle.admit(caller=caller, limit=500), range(400))
    passed = Counter(isinstance(each, Standing) for each in found)[True]
    assert passed + other.result() == 500


def test_far_from_its_limit_a_caller_is_hardly_ever_asked_for(make: Make, caller: str) -> None:
    throttle = make()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        before = client.info("commandstats")["cmdstat_evalsha"]["calls"]
        for _ in range(20_000):
            throttle.admit(caller=caller, limit=10_000_000)
        after = client.info("commandstats")["cmdstat_evalsha"]["calls"]
    assert after - before < 2_000  # it learns how much it needs as it goes: the machine decides


def test_what_one_process_does_not_need_another_may_give(make: Make, caller: str) -> None:
    idle = Throttle(settings.REDIS_URL)  # nobody keeps it tidy
    asked_for = take_some_ahead(idle, caller, 3000)
    idle.tidy(unused_seconds=0.0)
    assert used(caller) == asked_for
    assert admitted([make()], caller, 3000, 3000) == 3000 - asked_for


def test_a_process_that_ends_gives_back_what_it_did_not_need(make: Make, caller: str) -> None:
    throttle = make()
    passed = admitted([throttle], caller, 100_000, 500)
    throttle.stop()
    assert used(caller) == passed == 500


def test_who_used_all_is_refused_without_asking_redis(make: Make, caller: str) -> None:
    throttle = make()
    assert admitted([throttle], caller, 3, 10) == 3
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(KEY + caller)
    assert asked(throttle, caller, 3) is None


def test_a_new_window_begins_with_the_first_request_after_the_last(make: Make, caller: str) -> None:
    throttle = make()
    assert admitted([throttle], caller, 5, 6) == 5
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert 58_000 < int(client.pttl(KEY + caller)) <= 60_000
        client.pexpire(KEY + caller, 1)  # the minute is over
    wait_until(lambda: asked(throttle, caller, 5) is not None)
    assert admitted([throttle], caller, 5, 6) == 4


def test_what_was_taken_in_a_window_that_is_over_is_not_given_back_to_the_next(
    make: Make, caller: str
) -> None:
    idle = Throttle(settings.REDIS_URL)
    take_some_ahead(idle, caller, 10_000)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(KEY + caller)
    assert asked(make(), caller, 10_000) is not None
    idle.tidy(unused_seconds=0.0)
    assert used(caller) == 1


def test_a_dear_request_passes_whole_or_not_at_all(make: Make, caller: str) -> None:
    throttle = make()
    assert asked(throttle, caller, 100, cost=70) is not None
    assert asked(throttle, caller, 100, cost=40) is None
    assert admitted([throttle], caller, 100, 40) == 30


def test_what_costs_more_than_the_limit_takes_all_of_it(make: Make, caller: str) -> None:
    throttle = make()
    assert asked(throttle, caller, 10, cost=100) is not None
    assert asked(throttle, caller, 10) is None


def test_another_limit_counts_from_the_next_request_on(make: Make, caller: str) -> None:
    throttle = make()
    assert admitted([throttle], caller, 5, 10) == 5
    assert admitted([throttle], caller, 8, 10) == 3
    assert admitted([throttle], caller, 2, 3) == 0


def test_callers_do_not_count_for_each_other(make: Make, caller: str) -> None:
    throttle = make()
    assert [admitted([throttle], f"{caller}{n}", 3, 5) for n in range(20)] == [3] * 20


def test_without_redis_each_process_limits_by_itself(make: Make, caller: str) -> None:
    throttles = [make(NOWHERE), make(NOWHERE)]
    assert [admitted([throttle], caller, 40, 60) for throttle in throttles] == [40, 40]
    assert all(asked(throttle, caller, 40) is None for throttle in throttles)


def test_redis_that_comes_back_counts_for_all_again(
    make: Make, caller: str, tmp_path: Path
) -> None:
    server = EmbeddedValkey(tmp_path)
    url = server.start()
    try:
        throttles = [make(url), make(url)]
        assert admitted(throttles, caller, 50, 20) == 20
        server.stop()
        assert 50 <= admitted(throttles[:1], caller, 50, 90) <= 70
        server.start()
        wait_until(lambda: not any(throttle._is_alone for throttle in throttles))
        assert admitted(throttles, f"{caller}2", 50, 90) == 50
    finally:
        server.stop()


def test_redis_that_hangs_keeps_nobody_waiting(make: Make, caller: str, tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    url = server.start()
    throttle = make(url)
    assert asked(throttle, caller, 50) is not None
    with redis.Redis.from_url(url) as client:
        process = psutil.Process(client.info()["process_id"])
    process.suspend()
    try:
        assert admitted([throttle], caller, 50, 90) == 50
    finally:
        process.resume()
        server.stop()


def test_many_addresses_fill_no_memory(make: Make) -> None:
    throttle = make(NOWHERE)
    for number in range(module.MOST_CALLERS + 50):
        throttle.admit(caller=f"address:{number}", limit=10)
    assert len(throttle._held) == module.MOST_CALLERS
