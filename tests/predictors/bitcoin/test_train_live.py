"""A running service that learns while it is asked."""

import http.client
import json
import threading
from typing import Any

import numpy as np
import pytest

from learning.building import build_estimator
from predictors.bitcoin.decoding import WindowDecoder
from predictors.bitcoin.ml.features import MODEL_FEATURES
from predictors.bitcoin.ml.recipes import CLASSES
from tests.live import Live, wait_until

from .teaching import PATH, coming, without_times

TRAININGS = 20
ASKERS = 4
# Of seconds that the service does not know: other tests count predictions of those it knows.
QUESTIONS = [{"bitcoin_last_minute": without_times(coming(60, seed=seed))} for seed in (2, 3, 4)]

Reply = tuple[int, int, dict[str, Any]]
"""Which question, the status, and the answer."""


class Asking:
    """A context: threads that ask without a pause until it ends."""

    def __init__(self, live: Live) -> None:
        self.replies: list[Reply] = []
        self._port = live.port
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(ASKERS)]

    def __enter__(self) -> "Asking":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        bodies = [json.dumps(question).encode() for question in QUESTIONS]
        while not self._stopping.is_set():
            for number, body in enumerate(bodies):
                connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                self.replies.append((number, response.status, json.loads(response.read())))


def teach(live: Live, key: str, number: int) -> dict[str, Any]:
    body = json.dumps({"seconds": coming(120, day=1_000 + number)}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=30)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection.request("POST", PATH, body, headers)
    response = connection.getresponse()
    found: dict[str, Any] = json.loads(response.read())
    assert response.status == 200, found
    return found


def answers_of(live: Live, version: int) -> list[float]:
    """What the file of this version says to each of QUESTIONS."""
    with live.database() as database:
        (file,) = database.execute(
            "SELECT model_file FROM modelregistry_modelversion "
            "WHERE predictor = 'bitcoin' AND version = %s",
            [version],
        ).fetchone() or (None,)
    content = (live.var / "artifacts" / str(file)).read_bytes()
    estimator = build_estimator(content, MODEL_FEATURES, allowed=CLASSES)
    rows = np.concatenate([WindowDecoder(MODEL_FEATURES)(body).row for body in QUESTIONS])
    found: list[float] = estimator.predict(rows).tolist()
    return found


@pytest.fixture
def former(live: Live) -> Any:
    _, found = live.get("/api/models/bitcoin/")
    yield found["active"]
    live.activate(found["active"], "bitcoin")


def test_it_works(live: Live, key: str, former: int) -> None:
    """Nobody is refused, each answer is one version's, and every process follows."""
    with Asking(live) as asking:
        taught = [teach(live, key, number) for number in range(TRAININGS)]
    assert {done["decision"] for done in taught} == {"activated"}
    parents = [done["parent"]["version"] for done in taught]
    numbers = [done["version"]["version"] for done in taught]
    assert parents == [former, *numbers[:-1]]
    assert {status for _, status, _ in asking.replies} == {200}
    seen = {answer["model"]["version"] for _, _, answer in asking.replies}
    assert len(seen) > 2 and seen <= {former, *numbers}
    expected = {version: answers_of(live, version) for version in seen}
    for question, _, answer in asking.replies:
        version = answer["model"]["version"]
        assert answer["bitcoin_prediction"] == expected[version][question]

    def all_follow() -> bool:
        _, found = live.get("/api/models/bitcoin/serving/")
        versions = [process["version"] for process in found["processes"]]
        return len(versions) >= 2 and set(versions) == {numbers[-1]}

    wait_until(all_follow)
