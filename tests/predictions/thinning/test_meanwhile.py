"""Who waits for his turn looks again when it has come."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.live import wait_until
from tests.predictions.conftest import OwnDatabase, copied_database

pytestmark = pytest.mark.django_db  # else no database is made when it runs alone
DEEDS = """
import json, threading
from django.db import connection
from modelregistry.errors import DomainError
from modelregistry.services import activate_version
from predictions.batches.services import Order, accept_batch, version_for
from predictions.shadow.services import set_shadow

said = {}
second = version_for(predictor_name="homes", model="2")
order = Order(is_csv=True, file_name="", caller="", request_id="")
deeds = {
    "activation": lambda: activate_version(predictor="homes", version=2, actor=""),
    "shadow": lambda: set_shadow(predictor="homes", version=2, actor=""),
    "batch": lambda: accept_batch(
        order=order, version=second, content=[CONTENT], tell_workers=False
    ),
    "switch": lambda: activate_version(
        predictor="bitcoin", version=1, actor="", expected_active=2
    ),
}

def do(name):
    try:
        deeds[name]()
        said[name] = "done"
    except DomainError as error:
        said[name] = error.code
    except Exception as error:
        said[name] = repr(error)
    connection.close()

threads = [threading.Thread(target=do, args=(name,)) for name in deeds]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps(said))
"""
TWICE = """
CREATE TEMPORARY TABLE twice AS SELECT * FROM modelregistry_modelversion WHERE version = 1;
UPDATE twice SET id = id + 1000, version = 2, is_active = false;
INSERT INTO modelregistry_modelversion SELECT * FROM twice;
UPDATE modelregistry_modelversion SET is_active = version = 2 WHERE predictor = 'bitcoin';
"""
WAITING = (
    "SELECT count(*) FILTER (WHERE locktype = 'advisory'), "
    "count(*) FILTER (WHERE locktype <> 'advisory') FROM pg_locks WHERE NOT granted"
)
UPDATE = "UPDATE modelregistry_modelversion SET {} WHERE predictor = %s AND version = %s"


@pytest.fixture(scope="module")
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[OwnDatabase]:
    with copied_database(django_db_blocker) as database:
        yield database


@pytest.fixture
def home_csv(home: dict[str, Any]) -> bytes:
    return f"{','.join(home)}\n{','.join(map(str, home.values()))}\n".encode()


def test_it_works(database: OwnDatabase, home_csv: bytes) -> None:
    """Files of a version are removed while it is activated, made a shadow, and given a batch; and
    SQL has one of the two rows that a switch needs, and then wants the other."""
    said: dict[str, str] = {}

    def do() -> None:
        done = database.manage("shell", "-v", "0", "-c", f"CONTENT = {home_csv!r}\n{DEEDS}")
        assert done.returncode == 0, done
        said.update(json.loads(done.stdout.splitlines()[-1]))

    with database.connect() as thinning, database.connect() as sql:
        sql.execute(TWICE)
        for connection in (thinning, sql):
            connection.execute("BEGIN")
        thinning.execute("SELECT pg_advisory_xact_lock(hashtext('modelregistry:homes'))")
        sql.execute(UPDATE.format("notes = ''"), ["bitcoin", 1])
        deeds = threading.Thread(target=do)
        deeds.start()
        with database.connect() as watching:
            wait_until(lambda: watching.execute(WAITING).fetchone() == (3, 1))
        sql.execute(UPDATE.format("notes = ''"), ["bitcoin", 2])
        thinning.execute(UPDATE.format("gate = 'removed'"), ["homes", 2])
        for connection in (thinning, sql):
            connection.execute("COMMIT")
        deeds.join()
    refused = dict.fromkeys(("activation", "shadow", "batch"), "gate-failed")
    assert said == refused | {"switch": "done"}
