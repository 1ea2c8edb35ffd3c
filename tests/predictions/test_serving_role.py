"""The role of docs/operate.md: it answers, writes the log, and can change nothing in it."""

import json
import re
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from psycopg.errors import InsufficientPrivilege

from predictions.keys.models import SCOPES, digest_of
from predictions.writer import AuditWriter
from tests.predictors.bitcoin.teaching import coming

from .conftest import OwnDatabase
from .rows import NOW, month_ahead, row_of

OLD = datetime(2018, 11, 20, tzinfo=UTC)
PART = f"predictions_prediction_{month_ahead(0)}"


def seen_by(database: OwnDatabase, role: str, password: str) -> OwnDatabase:
    address = urlsplit(database.url)
    place = address.netloc.rpartition("@")[2]
    return OwnDatabase(urlunsplit(address._replace(netloc=f"{role}:{password}@{place}")))


@pytest.fixture(scope="module")
def serving(own_database: OwnDatabase) -> OwnDatabase:
    """The database as the role sees it that the document's own statements made."""
    text = (settings.BASE_DIR / "docs" / "operate.md").read_text()
    role, password = f"serving_{secrets.token_hex(4)}", secrets.token_hex(8)
    with own_database.connect() as owner:
        found = re.findall(r"```sql\n(.*?)```", text, re.S)
        of_role = [statements for statements in found if "housing_serving" in statements]
        assert of_role
        for statements in of_role:
            owner.execute(
                statements.replace("housing_serving", role).replace("choose-one", password)
            )
    own_database.roles.append(role)
    return seen_by(own_database, role, password)


def test_it_works(serving: OwnDatabase, own_database: OwnDatabase, home: dict[str, Any]) -> None:
    """A process of this role loads, answers, once for each idempotency key, is listed, learns,
    removes what is old, thins, and switches versions."""
    with own_database.connect() as owner:
        owner.execute(
            "INSERT INTO keys_apikey (name, prefix, digest, scopes, created_by, expires_at) "
            "VALUES ('role', 'vk_role', %s, %s, 'test', now() + interval '1 hour')",
            [digest_of(b"vk_role"), list(SCOPES)],
        )
    code = f"""
import json
from django.test import Client
from modelregistry.models import ServingProcess
from predictions import serving
from predictions.idempotency.tasks import remove_old_answers
serving.start()
client = Client(SERVER_NAME="localhost")
response = client.post("/api/predict/", {home!r}, content_type="application/json")
print(json.dumps([response.status_code, ServingProcess.objects.of("homes").count()]))
headers = {{"Authorization": "Bearer vk_role"}}
for path, body in (("train", {{"seconds": {coming()!r}}}), ("seconds", {coming(1)!r})):
    response = client.post(f"/api/bitcoin/{{path}}/", body, "application/json", headers=headers)
    answer = response.json()
    print(json.dumps([response.status_code, answer.get("decision", answer.get("added"))]))
headers = {{"Idempotency-Key": "role"}}
ids = [
    client.post("/api/predict/", {home!r}, "application/json", headers=headers).json()["id"]
    for _ in range(2)
]
print(json.dumps([len(set(ids)), remove_old_answers()]))
serving.stop()
"""
    done = serving.manage("shell", "-v", "0", "-c", code)
    said = [json.loads(line) for line in done.stdout.splitlines()[-4:]]
    assert said == [[200, 1], [200, "activated"], [200, 1], [1, 0]], done
    assert serving.manage("thin_versions").returncode == 0
    switched = serving.manage("activate_model", "homes", "1")
    assert switched.returncode == 0, switched


def test_what_it_switches_is_in_the_history_that_it_cannot_write(serving: OwnDatabase) -> None:
    switch = (
        "UPDATE modelregistry_modelversion SET is_active = %s "
        "WHERE predictor = 'homes' AND version = 1"
    )
    history = "SELECT actor, database_user FROM modelregistry_activation ORDER BY id DESC LIMIT 1"
    with serving.connect() as database:
        database.execute(switch, [False])
        database.execute(switch, [True])
        assert database.execute(history).fetchone() == ("sql", database.info.user)


def test_the_writer_writes_and_begins_a_month(serving: OwnDatabase) -> None:
    writer = AuditWriter(serving.parameters, 10)
    for moment in (NOW, OLD, datetime(2033, 1, 1, tzinfo=UTC)):
        writer.write(row_of(moment, request_id="serving-role").parameters())
    with serving.connect() as database:
        found = database.execute(
            "SELECT count(*) FROM predictions_prediction WHERE request_id = 'serving-role'"
        ).fetchone()
    assert found == (3,)
    ahead = serving.manage("make_partitions", "--months", "4")
    assert ahead.returncode == 0, ahead


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE predictions_prediction SET prediction = 1",
        "DELETE FROM predictions_prediction",
        "TRUNCATE predictions_prediction",
        "DROP TABLE predictions_prediction",
        "ALTER TABLE predictions_prediction DISABLE TRIGGER ALL",
        "ALTER TABLE predictions_prediction DETACH PARTITION {part}",
        "CREATE TABLE mine PARTITION OF predictions_prediction DEFAULT",
        "SELECT 1 FROM {part}",
        "INSERT INTO {part} SELECT * FROM predictions_prediction",
        "DELETE FROM {part}",
        "TRUNCATE {part}",
        "DROP TABLE {part}",
        "ALTER TABLE {part} DISABLE TRIGGER ALL",
        "INSERT INTO predictions_retention (month, rows, dropped_at, actor, database_user) "
        "VALUES (now(), 0, now(), 'me', 'me')",
        "DELETE FROM predictions_retention",
        "SELECT predictions_drop_partition('2018-11-01', 'me')",
        "SELECT predictions_erase_caller('127.0.0.1', 'me')",
        "INSERT INTO predictions_erasure (rows, erased_at, actor, database_user) "
        "VALUES (1, now(), 'me', 'me')",
        "DELETE FROM predictions_erasure",
        "CREATE OR REPLACE FUNCTION predictions_refuse_change() RETURNS trigger "
        "LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        "DELETE FROM modelregistry_activation",
        "INSERT INTO keys_apikey SELECT * FROM keys_apikey",
        "UPDATE bitcoin_second SET price_close = 1",
        "UPDATE idempotency_keptanswer SET content = NULL",
        "DELETE FROM bitcoin_learnedexample",
        "INSERT INTO modelregistry_activation (predictor, at, actor, reason, is_rollback, "
        "database_user) VALUES ('homes', now(), 'somebody', '', false, 'somebody')",
        "CREATE TEMPORARY TABLE mine (LIKE modelregistry_modelversion); CREATE TRIGGER forge "
        "AFTER INSERT ON mine REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT "
        "EXECUTE FUNCTION modelregistry_record_activation()",
    ],
)
def test_the_database_refuses_it_everything_else(serving: OwnDatabase, statement: str) -> None:
    with serving.connect() as database, pytest.raises(InsufficientPrivilege):
        database.execute(statement.format(part=PART))


def test_it_cannot_lend_the_owners_rights(serving: OwnDatabase) -> None:
    """Tables of its own, in the one schema it may write to, are not taken for the log."""
    with serving.connect() as database:
        database.execute("CREATE TEMPORARY TABLE predictions_prediction (LIKE homes_sale)")
        database.execute("SET search_path = pg_temp, public")
        made = database.execute("SELECT predictions_make_partition('2034-01-01')").fetchone()
    assert made == (True,)
    with serving.connect() as database:
        row = row_of(datetime(2034, 1, 1, tzinfo=UTC))
        AuditWriter(serving.parameters, 10).write(row.parameters())


def test_drop_predictions_says_who_may(serving: OwnDatabase, own_database: OwnDatabase) -> None:
    AuditWriter(serving.parameters, 10).write(row_of(OLD).parameters())
    refused = serving.manage("drop_predictions", "--before", "2019-01", "--yes")
    assert refused.returncode == 1
    assert "only the owner of the log may drop it: that is" in refused.stderr
    assert "Traceback" not in refused.stderr
    done = own_database.manage("drop_predictions", "--before", "2019-01", "--yes")
    assert done.stdout.startswith("2018-11: dropped, "), done


def test_anybody_else_may_do_nothing(own_database: OwnDatabase) -> None:
    role, password = f"nobody_{secrets.token_hex(4)}", secrets.token_hex(8)
    with own_database.connect() as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
        own_database.roles.append(role)
        with seen_by(own_database, role, password).connect() as nobody:
            for statement in (
                "SELECT 1 FROM predictions_prediction",
                "SELECT predictions_make_partition('2035-01-01')",
            ):
                with pytest.raises(InsufficientPrivilege):
                    nobody.execute(statement)
