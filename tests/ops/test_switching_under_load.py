"""The version that answers is switched, and broken ones are tried, while clients keep asking."""

import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from benchmarks.asking import Askers
from tests.live import Live, manage, wait_until

pytestmark = pytest.mark.alone
SWITCH = (
    "UPDATE modelregistry_modelversion SET is_active = (version = %s) WHERE predictor = 'homes'"
)


@pytest.fixture(scope="module")
def two(live: Live) -> tuple[int, int]:
    """Two versions that have passed the gate."""
    return live.another_version(), live.another_version()


def serving(live: Live) -> set[tuple[int, str]]:
    """Version and fault of each web process that was seen lately."""
    with live.database() as database:
        rows = database.execute(
            "SELECT v.version, p.fault FROM modelregistry_servingprocess p "
            "LEFT JOIN modelregistry_modelversion v ON v.id = p.model_version_id "
            "WHERE p.predictor = 'homes' AND p.seen_at > now() - interval '15 seconds'"
        )
        return set(rows.fetchall())


def logged(live: Live, ids: list[str]) -> dict[str, int]:
    """Version by id, of the rows that the log has."""
    with live.database() as database:
        rows = database.execute(
            "SELECT p.id, v.version FROM predictions_prediction p "
            "JOIN modelregistry_modelversion v ON v.id = p.model_version_id WHERE p.id = ANY(%s)",
            [ids],
        )
        return {str(name): version for name, version in rows}


def test_it_works(live: Live, two: tuple[int, int], home: dict[str, Any]) -> None:
    """By SQL and by command, every process follows; no request fails, and the log agrees."""
    with Askers([f"127.0.0.1:{live.port}"], home) as askers:
        for turn in range(6):
            number = two[turn % 2]
            if turn == 3:
                assert manage(live.var, "activate_model", "homes", str(number)).returncode == 0
            else:
                with live.database() as database:
                    database.execute(SWITCH, [number])
            wait_until(lambda number=number: serving(live) == {(number, "")})  # type: ignore[misc]
            askers.wait_for(100)
    assert {reply.status for reply in askers.replies} == {200}
    answered = {reply.id: reply.version for reply in askers.replies}
    assert set(two) <= set(answered.values())
    assert logged(live, list(answered)) == answered


def test_each_switch_is_in_the_history_with_who_did_it(live: Live, two: tuple[int, int]) -> None:
    manage(live.var, "activate_model", "homes", str(two[0]), "--reason", "spring prices")
    with live.database() as database:
        database.execute(SWITCH, [two[1]])
        rows = database.execute(
            "SELECT f.version, t.version, actor, reason, database_user "
            "FROM modelregistry_activation a "
            "JOIN modelregistry_modelversion f ON f.id = a.from_version_id "
            "JOIN modelregistry_modelversion t ON t.id = a.to_version_id ORDER BY a.id DESC LIMIT 2"
        ).fetchall()
    by_sql, by_command = rows
    assert by_sql == (two[0], two[1], "sql", "", "postgres")
    assert by_command[1] == two[0]
    assert by_command[2].endswith("(command)")
    assert by_command[3] == "spring prices"


def test_rolling_back_twice_goes_two_versions_back(live: Live, two: tuple[int, int]) -> None:
    with live.database() as database:
        for number in (1, *two):
            database.execute(SWITCH, [number])
    for number in (two[0], 1):
        assert f"homes {number} " in manage(live.var, "rollback_model", "homes").stdout
    wait_until(lambda: serving(live) == {(1, "")})


def test_a_version_that_cannot_be_loaded_does_not_take_over(
    live: Live, two: tuple[int, int], home: dict[str, Any]
) -> None:
    """Its file is another than the one that passed the gate: shorter, or gone."""
    broken = live.another_version()
    with live.database() as database:
        # All three have the same content, so the same file: this one gets its own.
        row = database.execute(
            "SELECT model_file FROM modelregistry_modelversion "
            "WHERE predictor = 'homes' AND version = %s",
            [broken],
        ).fetchone()
        assert row is not None
        own = live.var / "artifacts" / "homes" / "own"
        own.mkdir(parents=True)
        content = (live.var / "artifacts" / row[0]).read_bytes()
        (own / "model.pkl").write_bytes(content[:-100])
        database.execute(
            "UPDATE modelregistry_modelversion SET model_file = 'homes/own/model.pkl' "
            "WHERE predictor = 'homes' AND version = %s",
            [broken],
        )
        database.execute(SWITCH, [two[0]])
        wait_until(lambda: serving(live) == {(two[0], "")})
        with Askers([f"127.0.0.1:{live.port}"], home, connections=4) as askers:
            database.execute(SWITCH, [broken])
            wait_until(lambda: all("not the file" in fault for _, fault in serving(live)))
            askers.wait_for(100)
            status, ready = live.get("/readyz")
            assert (status, ready["status"]) == (200, "ready")
            assert "not the file that was registered" in ready["problems"]["homes"]
            (own / "model.pkl").unlink()
            database.execute(SWITCH, [two[1]])
            wait_until(lambda: serving(live) == {(two[1], "")})
            database.execute(SWITCH, [broken])
            wait_until(lambda: all("cannot be read" in fault for _, fault in serving(live)))
            database.execute(SWITCH, [two[0]])
            wait_until(lambda: serving(live) == {(two[0], "")})
    assert {reply.status for reply in askers.replies} == {200}
    assert {reply.version for reply in askers.replies} <= set(two)


def test_what_the_gate_refuses_cannot_be_activated_by_anyone(
    live: Live, tmp_path: Path, home: dict[str, Any]
) -> None:
    forbidden = LinearRegression().fit(np.eye(2), [1.0, 2.0])
    model, features = tmp_path / "model.pkl", tmp_path / "features.json"
    model.write_bytes(pickle.dumps(forbidden))
    features.write_text(json.dumps(["bedrooms", "bathrooms"]))
    with Askers([f"127.0.0.1:{live.port}"], home, connections=4) as askers:
        refused = manage(live.var, "register_model", "homes", str(model), str(features))
        assert refused.returncode == 1
        (number,) = re.findall(r"kept as homes (\d+)", refused.stderr)
        assert "did not pass" in manage(live.var, "activate_model", "homes", number).stderr
        with live.database() as database, pytest.raises(Exception, match="passed_the_gate"):
            database.execute(SWITCH, [int(number)])
        askers.wait_for(20)
    assert {reply.status for reply in askers.replies} == {200}


def test_a_missed_notification_is_healed(live: Live, two: tuple[int, int]) -> None:
    """The trigger is off: nobody is told, and still every process finds out."""
    table = "modelregistry_modelversion"
    with live.database() as database:
        database.execute(f"ALTER TABLE {table} DISABLE TRIGGER record_activation_update")
        try:
            target = next(n for n in two if {(n, "")} != serving(live))
            database.execute(SWITCH, [target])
            wait_until(lambda: serving(live) == {(target, "")})
        finally:
            database.execute(f"ALTER TABLE {table} ENABLE TRIGGER record_activation_update")


def test_demographics_that_change_are_joined_at_once(live: Live, home: dict[str, Any]) -> None:
    def source() -> str:
        return str(live.post("/api/predict/", home)[1]["demographics"]["source"])

    with live.database() as database:
        database.execute("UPDATE homes_dataload SET file_name = 'census_2030.csv'")
        database.execute("UPDATE homes_zipcodedemographics SET per_farm = per_farm")
    wait_until(lambda: source().startswith("census_2030.csv"))
