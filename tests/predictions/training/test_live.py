"""Training through the API of a running product, while it is asked."""

import http.client
import json
import re
from base64 import b64encode
from typing import Any

from benchmarks.asking import Askers
from tests.live import Live, left_behind, manage, wait_until

SECONDS = 300.0


def order(live: Live, path: str, body: Any) -> tuple[int, dict[str, Any]]:
    """As the administrator of the banner."""
    password = live.text.split("password ")[1].split()[0]
    user = b64encode(f"admin:{password}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=30)
    headers = {"Authorization": f"Basic {user}", "Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_it_works(live: Live, home: dict[str, Any]) -> None:
    seen: dict[str, dict[str, Any]] = {}

    def has_ended() -> bool:
        _, run = live.get(started["url"])
        seen[run["stage"]] = run
        return run["finished_at"] is not None

    with Askers([f"127.0.0.1:{live.port}"], home, connections=1, every=0.02) as askers:
        status, started = order(
            live, "/api/models/homes/train/", {"recipe": "champion", "forced": True}
        )
        assert status == 202
        wait_until(has_ended, SECONDS)
    _, run = live.get(started["url"])
    assert run["state"] == "succeeded", run
    _, version = live.get(f"/api/models/homes/{run['version']}/")
    assert (version["gate"], version["is_active"]) == ("passed", False)
    assert version["trained_on"]["data_fingerprint"] == run["data_fingerprint"]
    # It was seen on its way: several stages, ever further.
    percents = [step["percent"] for step in seen.values()]
    assert len(seen) >= 3 and percents == sorted(percents)
    # And whoever asked meanwhile was answered by the one version that was active.
    assert {reply.status for reply in askers.replies} == {200}
    assert {reply.version for reply in askers.replies} == {1}


def test_a_product_that_is_stopped_while_it_trains_leaves_nothing_behind(own: Live) -> None:
    asked = manage(own.var, "retrain", "homes", "--recipe", "champion", "--force")
    (run,) = re.findall(r"/api/training/\d+/", asked.stdout)
    wait_until(lambda: own.get(run)[1]["percent"] > 0, SECONDS)
    assert own.stop() == 0
    wait_until(lambda: left_behind(own.var) == [])
