"""All attacks, and what shows afterwards whether anything of them was executed."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import psycopg

from benchmarks.hostile.addresses import address_attacks
from benchmarks.hostile.bodies import question_attacks
from benchmarks.hostile.files import file_attacks
from benchmarks.hostile.framing import framing_attacks
from benchmarks.hostile.payloads import PRODUCT, Bait
from benchmarks.hostile.wire import SILENT, Answer, Attack

# What requests may leave behind: what was asked, and how often. All else is as it was.
LOGS = (
    "predictions_prediction",
    "predictions_id",
    "batches_",
    "usage_",
    "traffic_",
    "keys_",
    "axes_",
    "idempotency_",
    "modelregistry_servingprocess",
    "django_celery",
    "drift_",
    "shadow_",
    "bitcoin_",
)
SECRETS = (b"root:x:0", b"uid=0(", PRODUCT.encode(), b"Traceback (most recent")


# Files that one process receives at a time: of more, some are refused (`no-room`, 503).
FILES_AT_A_TIME = 3


def many_attacks(bait: Bait, home: dict[str, Any]) -> Iterator[Attack]:
    """More than 20,000."""
    yield from question_attacks(bait, home)
    yield from address_attacks(bait)


def rare_attacks(bait: Bait, home: dict[str, Any]) -> Iterator[Attack]:
    """None of them is like another."""
    yield from framing_attacks()
    yield from file_attacks(bait, home)


def faults_of(answer: Answer) -> list[str]:
    """What is wrong with an answer to an attack."""
    found = []
    if answer.status >= 500:
        found.append(f"{answer.status}: {answer.body[:200]!r}")
    if answer.status == SILENT:
        found.append("no answer")
    if b"\nx-hostile" in answer.head.lower():
        found.append("a header of the attacker's")
    found += [f"{secret!r} in the answer" for secret in SECRETS if secret in answer.body]
    answers = 1 + answer.more.count(b"HTTP/1.1 ")
    if answers > answer.attack.answers:
        found.append(f"{answers} answers to one request")
    return found


class Listener:
    """A context: counts who connects to the address that the bait names."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.heard = 0
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> "Listener":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self.heard += 1
            client.close()


def contents(database: "psycopg.Connection[Any]") -> dict[str, int]:
    """Rows of each table that no request may change, and of the catalogue."""
    names = database.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
        "AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    kept = sorted(name for (name,) in names if not name.startswith(LOGS))
    counts = {
        name: _number(database, f'SELECT count(*) FROM "{name}"')  # noqa: S608
        for name in kept
    }
    for catalogue in ("pg_roles", "pg_proc", "pg_trigger"):
        counts[catalogue] = _number(database, f"SELECT count(*) FROM {catalogue}")  # noqa: S608
    active = "SELECT sum(version) FROM modelregistry_modelversion WHERE is_active"
    return counts | {"active": _number(database, active)}


def _number(database: "psycopg.Connection[Any]", query: str) -> int:
    row = database.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])
