"""What /api/usage/ and /metrics say is what was answered, to the request."""

import json
import threading
from collections import Counter
from typing import Any

import psycopg
import pytest

from tests.live import Live, start, wait_until
from tests.ops.usage.load import Answered, Client, Sent, exposed

pytestmark = pytest.mark.alone
PREDICT = "/api/predict/"


def mix(home: dict[str, Any]) -> list[Sent]:
    asked = json.dumps(home).encode()
    return [
        *[Sent("POST", PREDICT, asked)] * 12,
        Sent("POST", f"{PREDICT}?include=interval", asked, PREDICT),
        *[Sent("POST", "/api/predict/bulk/", b"[%s,%s]" % (asked, asked))] * 2,
        *[Sent("POST", PREDICT, b'{"bedrooms": -1}')] * 3,
        *[Sent("POST", PREDICT, b"{")] * 2,
        Sent("GET", "/"),
        Sent("HEAD", "/livez"),
        Sent("GET", "/static/console/console.css", route="static"),
        Sent("GET", "/static/nothing.css", route="static"),
        Sent("GET", "/api/models/homes/", route="/api/models/<str:predictor>/"),
        Sent("GET", "/api/models/pears/", route="/api/models/<str:predictor>/"),
        Sent("GET", "/admin/login/", route="admin"),
        Sent("DELETE", PREDICT),
        Sent("FOO", PREDICT),
        *[Sent("GET", f"/nowhere/{n}", route="(none)") for n in range(3)],
    ]


def said_by_usage(client: Client) -> Answered:
    counted: Answered = Counter()
    for each in json.loads(client.get("/api/usage/?days=2"))["endpoints"]:
        for status, count in each["statuses"].items():
            counted[each["method"], each["endpoint"], int(status)] += count
    return counted


def by_route(answered: Answered) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for (method, route, _), count in answered.items():
        found[method, route] += count
    return found


def statuses(answered: Answered) -> Counter[int]:
    found: Counter[int] = Counter()
    for (_, _, status), count in answered.items():
        found[status] += count
    return found


def check(client: Client, before: Answered) -> None:
    """A request for figures is answered before it is counted itself."""
    asked = client.answered.copy()
    assert said_by_usage(client) - before == asked
    asked = client.answered.copy()
    requests, durations = exposed(client.get("/metrics").decode())
    assert requests - before == asked
    routes: Counter[str] = Counter()
    for (_, route), count in by_route(requests).items():
        routes[route] += count
    assert durations == routes


def test_it_works(own: Live, home: dict[str, Any]) -> None:
    """Two web processes, one killed, without a model, without the database, started anew.

    What is counted is written by web processes; Celery's worker writes and reads none of it.
    """
    client = Client(own)
    before = said_by_usage(client)
    client.answered.clear()
    before["GET", "/api/usage/", 200] += 1
    requests = mix(home) * 8

    client.send(requests, connections=6)
    check(client, before)
    met = statuses(client.answered)
    assert set(met) == {200, 400, 404, 405, 422}

    without_a_model(own, client, home)
    without_the_database(own, client, home)
    assert statuses(client.answered)[503] == 80
    check(client, before)

    client.send(requests, connections=6)
    kill_one(own)
    check(client, before)
    assert not client.unanswered, "a connection broke"
    killed_while_it_answers(own, client, before, requests)

    client.send(requests, connections=6)
    assert own.stop() == 0
    # Whoever waits for its start asks it a few times, too: /readyz.
    client.service = start(own.var)
    try:
        probes = said_by_usage(client) - before - client.answered
        assert set(probes) <= {("GET", "/readyz", 200), ("GET", "/readyz", 503)}
        before.update(probes)
        client.send(requests, connections=6)
        check(client, before)
    finally:
        client.service.stop()


def kill_one(own: Live) -> None:
    web = own.web_processes()
    web[0].kill()
    wait_until(lambda: len({each.pid for each in own.web_processes()} - {web[0].pid}) == 2)


def killed_while_it_answers(
    own: Live, client: Client, before: Answered, requests: list[Sent]
) -> None:
    """All that was answered is counted, and of the rest at most what was not answered: that goes
    into `before`."""
    load = threading.Thread(target=client.send, args=[requests * 3], kwargs={"connections": 6})
    enough = client.answered.total() + 200
    load.start()
    wait_until(lambda: client.answered.total() > enough)
    kill_one(own)
    load.join()
    found = said_by_usage(client)
    found["GET", "/api/usage/", 200] += 1
    more = found - before - client.answered
    assert before + client.answered <= found
    assert by_route(more) <= by_route(client.unanswered)
    before.update(more)


def without_a_model(own: Live, client: Client, home: dict[str, Any]) -> None:
    asked = [Sent("POST", PREDICT, json.dumps(home).encode())]
    with own.database() as database:
        database.execute(
            "UPDATE modelregistry_modelversion SET is_active = false WHERE predictor = 'homes'"
        )
        follow(database, "model_version_id IS NULL")
        client.send(asked * 40, connections=4)
    own.activate(1)


def follow(database: psycopg.Connection[Any], condition: str) -> None:
    query = (
        f"SELECT bool_and({condition}) FROM modelregistry_servingprocess WHERE predictor = 'homes'"
    )
    wait_until(lambda: database.execute(query).fetchone() == (True,))


def without_the_database(own: Live, client: Client, home: dict[str, Any]) -> None:
    asked = [Sent("POST", PREDICT, json.dumps(home).encode())]
    aside = own.database().info.dsn.replace("dbname=housing", "dbname=postgres")
    with psycopg.connect(aside, autocommit=True) as beside:
        beside.execute("ALTER DATABASE housing ALLOW_CONNECTIONS false")
        beside.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'housing'"
        )
        try:
            client.send(asked * 40, connections=4)
        finally:
            beside.execute("ALTER DATABASE housing ALLOW_CONNECTIONS true")
    wait_until(lambda: is_ready(client))


def is_ready(client: Client) -> bool:
    before = client.answered["GET", "/readyz", 200]
    client.send([Sent("GET", "/readyz")], connections=1)
    return client.answered["GET", "/readyz", 200] > before
