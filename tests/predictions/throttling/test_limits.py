"""Limits and keys of a service of two processes, as it runs."""

import http.client
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ops.embedded.valkey import EmbeddedValkey
from tests.conftest import copy_of
from tests.live import SAMPLE, START_SECONDS, Live, command_line, launch, wait_until
from tests.predictions.throttling.loading import (
    ASK,
    FAILED,
    LOOK,
    Answer,
    Client,
    Load,
    ask_often,
    bearer,
    made_key,
)

ADDRESS_LIMIT, KEY_LIMIT = 30, 800
ADDRESSES = iter(f"192.0.2.{number}" for number in range(1, 255))
Home = dict[str, Any]


@pytest.fixture(scope="module")
def limited(started_before: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Behind one proxy (the tests are it), so that each test has addresses of its own."""
    service = launch(
        copy_of(started_before, tmp_path_factory.mktemp("limited")),
        *("--data", str(SAMPLE)),
        HOUSING_ACCESS="keys",
        HOUSING_PROXIES="1",
        HOUSING_ADDRESS_LIMIT=str(ADDRESS_LIMIT),
        HOUSING_KEY_LIMIT=str(KEY_LIMIT),
    )
    assert service.ready.wait(START_SECONDS) and service.process.poll() is None, service.text
    yield service
    service.stop()


def client(service: Live, home: Home, address: str, **headers: str) -> Client:
    return Client(service, home, **{"X-Forwarded-For": address}, **headers)


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


@pytest.mark.parametrize("limit", [1, 60, KEY_LIMIT])
def test_it_works(limited: Live, home: Home, limit: int) -> None:
    """Exactly as many pass, over two processes, their loops and their threads."""
    secret = made_key(limited, per_minute=None if limit == KEY_LIMIT else limit)
    answers = ask_often(limited, home, secret, limit + 200)
    assert statuses(answers) == {200: limit, 429: 200}
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {f'"key";q={limit};w=60'}
    assert min(answer.left() for answer in answers) == 0
    assert max(answer.left() for answer in answers) < limit
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.headers["content-type"] == "application/problem+json"
    assert b'"code":"too-many-requests"' in refused.body
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_both_processes_let_pass_what_is_counted(limited: Live, home: Home) -> None:
    key = bearer(made_key(limited))
    clients: list[Client] = []
    answers: list[Answer] = []

    def both_are_reached() -> bool:
        """A kept connection stays with the process that took it."""
        clients.append(Client(limited, home, **key))
        answers.append(clients[-1].ask(*ASK))
        return all(
            any(
                connection.status == "ESTABLISHED" and connection.laddr.port == limited.port
                for connection in process.net_connections("tcp")
            )
            for process in limited.web_processes()
        )

    wait_until(both_are_reached)
    assert len(limited.web_processes()) == 2
    while len(answers) < KEY_LIMIT + 50:
        answers += [one.ask(*ASK) for one in clients]
    assert statuses(answers).keys() == {200, 429}
    assert statuses(answers)[200] == KEY_LIMIT


def test_an_address_without_a_key_has_a_limit_of_its_own(limited: Live, home: Home) -> None:
    mine, other = next(ADDRESSES), next(ADDRESSES)
    answers = [client(limited, home, mine).ask(*LOOK) for _ in range(ADDRESS_LIMIT + 5)]
    assert statuses(answers) == {200: ADDRESS_LIMIT, 429: 5}
    assert answers[0].headers["ratelimit-policy"] == f'"address";q={ADDRESS_LIMIT};w=60'
    assert client(limited, home, other).ask(*LOOK).status == 200
    # Not of a key, of a probe, of a file.
    with_key = client(limited, home, mine, **bearer(made_key(limited)))
    # Once it is known to all, in a quarter of a second: nobody asks for who has used all.
    wait_until(lambda: with_key.ask(*ASK).status == 200)
    assert client(limited, home, mine).ask("GET", "/readyz").status == 200
    assert client(limited, home, mine).ask("GET", "/static/console/console.css").status == 200


def test_a_network_of_version_6_is_one_caller(limited: Live, home: Home) -> None:
    answers = [
        client(limited, home, f"2001:db8:7:7::{number:x}").ask(*LOOK)
        for number in range(ADDRESS_LIMIT + 2)
    ]
    assert statuses(answers) == {200: ADDRESS_LIMIT, 429: 2}
    assert client(limited, home, "2001:db8:7:8::1").ask(*LOOK).status == 200


def test_guesses_at_keys_count(limited: Live, home: Home) -> None:
    guesser = client(limited, home, next(ADDRESSES), **bearer("vk_wrong"))
    answers = [guesser.ask(*(ASK, LOOK)[number % 2]) for number in range(ADDRESS_LIMIT + 5)]
    assert statuses(answers) == {401: ADDRESS_LIMIT, 429: 5}


@pytest.mark.parametrize("password", ["Basic eDp5", "basic\teDp5"])
def test_a_password_costs_as_much_as_many_requests(
    limited: Live, home: Home, password: str
) -> None:
    guesser = client(limited, home, next(ADDRESSES), Authorization=password)
    assert [guesser.ask("GET", "/api/models/").status for _ in range(2)] == [401, 429]


def test_a_large_body_costs_more(limited: Live, home: Home) -> None:
    many = client(limited, [home] * 100, next(ADDRESSES), **bearer(made_key(limited)))  # type: ignore[arg-type]
    first = many.ask("POST", "/api/predict/bulk/")
    second = many.ask("POST", "/api/predict/bulk/")
    assert first.status == second.status == 200
    size = 100 * (len(str(home)) + 2)
    assert first.left() - second.left() == pytest.approx(1 + (size - 16_384) // 4_096, abs=1)


def test_what_comes_in_chunks_costs_the_most(limited: Live, home: Home) -> None:
    """Nobody knows how much of it there will be."""
    address, key = next(ADDRESSES), bearer(made_key(limited, scope="batch"))
    connection = http.client.HTTPConnection("127.0.0.1", limited.port, timeout=30)
    headers = {"X-Forwarded-For": address, "Content-Type": "text/csv", **key}
    connection.request("POST", "/api/batches/", iter([b"no,csv\n"]), headers, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 422 and f"r={KEY_LIMIT - 100};" in str(
        response.getheader("RateLimit")
    )


def test_without_redis_requests_go_on_limited_by_each_process(limited: Live, home: Home) -> None:
    (valkey,) = [
        process
        for process in psutil.process_iter()
        if str(limited.var / "valkey" / "valkey.sock") in command_line(process)
    ]
    first, second = made_key(limited, per_minute=100), made_key(limited, per_minute=100)
    assert statuses(ask_often(limited, home, first, 50)) == {200: 50}
    valkey.kill()
    answers = ask_often(limited, home, second, 400)
    found = statuses(answers)
    assert 100 <= found[200] <= 200 and found[200] + found[429] == 400
    limited.wait_for("Redis is away")
    EmbeddedValkey(limited.var / "valkey").start()  # bin/up ends it with all else
    wait_until(lambda: limited.text.count("Redis is back") >= limited.text.count("Redis is away"))
    again = made_key(limited, per_minute=100)
    assert statuses(ask_often(limited, home, again, 150)) == {200: 100, 429: 50}
    assert limited.text.count("Redis is away") <= 2  # once for each process


def test_a_revoked_key_is_refused_within_a_second(limited: Live, home: Home) -> None:
    """Under load, by both processes, also when all their connections to the database were cut."""
    secret = made_key(limited, per_minute=1_000_000)
    headers = {"X-Forwarded-For": next(ADDRESSES), **bearer(secret)}
    with Load(limited, home, **headers) as load, limited.database() as database:
        wait_until(lambda: load.is_there(lambda answer: answer.status == 200))
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        cut = time.monotonic()
        wait_until(lambda: load.is_there(lambda answer: answer.sent > cut and answer.status == 200))
        database.execute(
            "UPDATE keys_apikey SET revoked_at = now() WHERE prefix = %s", [secret[:9]]
        )
        revoked = time.monotonic()
        wait_until(lambda: load.is_there(lambda answer: answer.sent > revoked + 2))
    assert FAILED not in statuses(load.answers)
    late = [answer for answer in load.answers if answer.sent > revoked + 1]
    # A wrong key counts for the address: most are sent away by that.
    assert late and statuses(late).keys() <= {401, 429}


def test_keys_are_told_from_each_other_though_nobody_counts_changes(
    limited: Live, home: Home
) -> None:
    """Somebody emptied the table that says that keys have changed."""
    with limited.database() as database:
        database.execute("DELETE FROM keys_keychanges")
        asking = client(limited, home, next(ADDRESSES), **bearer(secret := made_key(limited)))
        assert asking.ask(*ASK).status == 200
        database.execute("DELETE FROM keys_apikey WHERE prefix = %s", [secret[:9]])
        wait_until(lambda: asking.ask(*ASK).status == 401, 5)
        database.execute("INSERT INTO keys_keychanges (number) VALUES (0)")


def test_a_key_ends_when_it_expires(limited: Live, home: Home) -> None:
    secret = made_key(limited, seconds=2)
    asking = client(limited, home, next(ADDRESSES), **bearer(secret))
    assert asking.ask(*ASK).status == 200
    wait_until(lambda: asking.ask(*ASK).status == 401, 10)


def test_it_is_kept_when_a_key_was_last_used(limited: Live, home: Home) -> None:
    secret = made_key(limited)

    def last_used() -> Any:
        with limited.database() as database:
            query = "SELECT last_used_at FROM keys_apikey WHERE prefix = %s"
            return (database.execute(query, [secret[:9]]).fetchone() or [None])[0]

    assert last_used() is None
    assert Client(limited, home, **bearer(secret)).ask(*ASK).status == 200
    wait_until(lambda: last_used() is not None)
