"""A shadow beside the running service: its worker, its beat, its broker."""

import base64
import http.client
import json
import re
from typing import Any

from tests.live import Live, wait_until

PATH = "/api/models/homes/2/shadow/"


def as_admin(live: Live, method: str) -> int:
    shown = re.search(r"user admin, password (\S+)", live.text)
    assert shown
    token = base64.b64encode(f"admin:{shown[1]}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=30)
    connection.request(method, PATH, headers={"Authorization": f"Basic {token}"})
    return connection.getresponse().status


def answers(live: Live, home: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for lot in range(4000, 4020):
        status, answer = live.post("/api/predict/", {**home, "sqft_lot": lot})
        assert status == 200, answer
        found.append(answer)
    return found


def without_id(found: list[dict[str, Any]]) -> list[str]:
    return [json.dumps({**answer, "id": ""}) for answer in found]


def test_it_works(live: Live, home: dict[str, Any]) -> None:
    """Answers stay the same, and the worker computes each of them once."""
    live.activate(1)
    before = answers(live, home)
    assert as_admin(live, "POST") in (200, 201)
    try:
        during = answers(live, home)
        assert without_id(during) == without_id(before)
        with live.database() as database:
            query = "SELECT prediction_id::text FROM shadow_shadowanswer WHERE error = ''"
            wanted = {answer["id"] for answer in during}
            wait_until(
                lambda: wanted <= {name for (name,) in database.execute(query).fetchall()}, 60
            )
            computed = [name for (name,) in database.execute(query).fetchall()]
        assert len(computed) == len(set(computed))
        assert not {answer["id"] for answer in before} & set(computed)
    finally:
        assert as_admin(live, "DELETE") == 200
