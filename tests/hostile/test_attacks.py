"""More than 5,000 hostile inputs against the running service, while 1,000 idle connections
are held: nothing executed, no 5xx, and everybody else is answered.

`python3 benchmarks/hostile.py` sends all of them and measures.
"""

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import psycopg
import pytest
from django.contrib.auth.hashers import make_password

from benchmarks.asking import Askers
from benchmarks.hostile.addresses import address_attacks
from benchmarks.hostile.bodies import question_attacks
from benchmarks.hostile.everything import (
    FILES_AT_A_TIME,
    Listener,
    contents,
    faults_of,
    rare_attacks,
)
from benchmarks.hostile.holding import IDLE, Holding
from benchmarks.hostile.payloads import Bait
from benchmarks.hostile.pickles import pickle_attacks
from benchmarks.hostile.wire import Answer, Attack, send_all, with_header
from predictors.homes.ml.schema import HOME_FIELDS
from tests.live import Apart, Live

# Each has a process of its own that tries it.
PICKLES = {"os.system, GLOBAL", "builtins.exec, STACK_GLOBAL", "in a pipeline", "BINBYTES8"}
HOME = {field.name: field.example for field in HOME_FIELDS}


@dataclass
class Attacked:
    service: Live
    bait: Bait
    answers: list[Answer]
    before: dict[str, int]
    after: dict[str, int]
    heard: int
    idle: int
    """Connections that said nothing and were open when the attacks began."""
    meanwhile: Counter[int]
    """Statuses of questions of others."""
    readiness: Counter[int]


@pytest.fixture(scope="module")
def attacked(apart: Apart, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    service = apart.service
    with Listener() as listener, service.database() as database:
        bait = Bait(tmp_path_factory.mktemp("bait"), listener.port)
        before = contents(database)
        address = [f"127.0.0.1:{service.port}"]
        asking = Askers(address, HOME, connections=1, every=0.2)
        staff = staff_of(database)
        # Slow ones besides would take the places of large bodies: tests/hostile/test_slow.py.
        with asking as askers, Holding(service.port, slow=0) as holding:
            idle = holding.open_idle()
            answers = send_all(service.port, by(staff, uploads(bait)), connections=2)
            answers += send_all(service.port, chosen(bait))
            # As many files at a time as one process receives: more are refused (`no-room`).
            answers += send_all(service.port, rare_attacks(bait, HOME), connections=FILES_AT_A_TIME)
            asked_ready = Counter(service.get("/readyz")[0] for _ in range(20))
            askers.wait_for(5)
        after = contents(database)
        meanwhile = Counter(reply.status for reply in askers.replies)
        heard = listener.heard
    yield Attacked(service, bait, answers, before, after, heard, idle, meanwhile, asked_ready)


def chosen(bait: Bait) -> list[Attack]:
    """Of the many that are like others."""
    return [
        *islice(question_attacks(bait, HOME), 0, None, 4),
        *islice(address_attacks(bait), 0, None, 5),
    ]


def uploads(bait: Bait) -> list[Attack]:
    return [attack for attack in pickle_attacks(bait) if attack.name in PICKLES]


def staff_of(database: "psycopg.Connection[Any]") -> str:
    """What somebody sends who may upload models."""
    database.execute(
        "UPDATE auth_user SET password = %s WHERE username = 'admin'", [make_password("known")]
    )
    return "Basic " + base64.b64encode(b"admin:known").decode()


def by(who: str, attacks: list[Attack]) -> list[Attack]:
    return [with_header(attack, "Authorization", who) for attack in attacks]


def test_it_works(attacked: Attacked) -> None:
    """Each was answered, or its connection was closed; none with a 5xx or what it wanted."""
    sent = {answer.attack.content for answer in attacked.answers}
    assert len(sent) >= 5_000
    faults = {a.attack.name: found for a in attacked.answers if (found := faults_of(a))}
    assert not faults
    by_category: dict[str, Counter[int]] = {}
    for answer in attacked.answers:
        by_category.setdefault(answer.attack.category, Counter())[answer.status] += 1
    # Each kind was looked at by the service, not only refused at the door.
    for category in ("SQL", "templates", "commands", "unicode", "numbers", "formulas", "pickles"):
        assert by_category[category][422], category
    assert by_category["oversized"][413] and by_category["deep"][400]
    assert by_category["compressed"][415]


def test_nothing_was_executed(attacked: Attacked) -> None:
    assert list(attacked.bait.folder.iterdir()) == []
    assert attacked.heard == 0
    grown = "modelregistry_modelversion"  # what fails at the gate is kept, marked
    assert attacked.after.pop(grown) - attacked.before.pop(grown) == len(PICKLES)
    assert attacked.after == attacked.before


def test_others_were_answered_meanwhile(attacked: Attacked) -> None:
    assert set(attacked.meanwhile) == {200}
    assert attacked.meanwhile[200] >= 10
    assert set(attacked.readiness) == {200}
    assert attacked.idle == IDLE


def test_the_logs_hold_no_line_of_the_attackers(attacked: Attacked) -> None:
    said = attacked.service.text
    assert "\x1b" not in said
    assert not [
        line for line in said.splitlines() if line.startswith(('{"event": "forged', "forged"))
    ]
    assert "Traceback" not in said


def test_the_service_answers_as_before(attacked: Attacked, home: dict[str, Any]) -> None:
    status, answer = attacked.service.post("/api/predict/", home)
    assert status == 200 and answer["prediction"] > 0
