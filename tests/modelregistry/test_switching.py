"""One UPDATE switches the version that answers; never two are active."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client

from modelregistry.errors import ModelUnavailable, NothingToRollBack, UnknownVersion
from modelregistry.models import RECENT, Activation, ModelVersion, artifact_storage
from modelregistry.services import activate_version, rollback
from tests.predictions.versions.conftest import another

JSON = "application/json"


@pytest.fixture
def second(active_version: ModelVersion) -> ModelVersion:
    return another()


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_it_works(
    api: Client, home: dict[str, Any], active_version: ModelVersion, second: ModelVersion
) -> None:
    def version() -> int:
        answer = api.post("/api/predict/", home, content_type=JSON).json()
        return int(answer["model"]["version"])

    assert version() == active_version.version
    for number in (second.version, active_version.version, second.version):
        sql(
            "UPDATE modelregistry_modelversion "
            f"SET is_active = (version = {number}) WHERE predictor = 'homes'"
        )
        assert version() == number


def test_two_active_versions_are_refused_by_the_database(second: ModelVersion) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        sql("UPDATE modelregistry_modelversion SET is_active = true WHERE predictor = 'homes'")


def test_a_new_version_waits_to_be_activated(
    active_version: ModelVersion, second: ModelVersion
) -> None:
    assert second.version == active_version.version + 1
    assert not second.is_active
    call_command("activate_model", "homes", second.version)
    assert ModelVersion.objects.active("homes").get() == second


def test_an_unknown_version_is_refused_and_the_known_ones_are_named(
    active_version: ModelVersion,
) -> None:
    with pytest.raises(UnknownVersion, match="there are: 1"):
        activate_version(predictor="homes", version=99, actor="me")


def test_rolled_back_is_never_to_the_active_version_again(
    active_version: ModelVersion, second: ModelVersion
) -> None:
    for version in (second, active_version):
        activate_version(predictor="homes", version=version.version, actor="me")
    assert Activation.objects.previous("homes") == second
    assert Activation.objects.previous("homes", skipping={second.version}) is None
    assert rollback(predictor="homes", actor="me") == second
    assert rollback(predictor="homes", actor="me") == active_version
    with pytest.raises(NothingToRollBack):
        rollback(predictor="homes", actor="me")


def test_a_long_history_is_read_as_far_as_it_must_be(
    active_version: ModelVersion, second: ModelVersion
) -> None:
    third, fourth = another(), another()
    history = (
        "INSERT INTO modelregistry_activation (predictor, to_version_id, is_rollback, at, actor, "
        "reason, database_user) "
        "SELECT 'homes', %s + number %% 2, %s, now(), '', '', '' "
        "FROM generate_series(1, %s) AS number"
    )

    def found(skipping: tuple[int, ...] = ()) -> list[int]:
        return Activation.objects.returned_to("homes", limit=2, skipping=skipping)

    with connection.cursor() as cursor:
        cursor.execute(history, [second.pk - 1, False, 1])
        cursor.execute(history, [third.pk, False, RECENT + 2])
        assert found() == [third.pk, fourth.pk]
        assert found((third.version,)) == [fourth.pk, second.pk]
        # It returned to where the history began: what lay above it is gone.
        cursor.execute(history, [active_version.pk - 1, True, 1])
        cursor.execute(history, [second.pk - 1, False, 1])
        assert found() == [second.pk]


def test_a_version_whose_file_was_changed_is_not_activated(second: ModelVersion) -> None:
    storage = artifact_storage()
    name = str(second.model_file.name)
    original = storage.open(name).read()
    try:
        with storage.open(name, "wb") as file:
            file.write(original[:-1] + b"!")
        with pytest.raises(ModelUnavailable, match="not the file that was registered"):
            activate_version(predictor="homes", version=second.version, actor="me")
    finally:
        with storage.open(name, "wb") as file:
            file.write(original)
    second.refresh_from_db()
    assert not second.is_active


def test_a_version_that_answers_otherwise_than_at_registration_is_not_activated(
    second: ModelVersion,
) -> None:
    golden = second.golden
    golden["predictions"][0] *= 1 + 1e-8
    ModelVersion.objects.filter(pk=second.pk).update(golden=golden)
    with pytest.raises(ModelUnavailable, match="golden rows are answered differently"):
        activate_version(predictor="homes", version=second.version, actor="me")


def test_a_version_that_cannot_be_loaded_answers_503(
    api: Client, home: dict[str, Any], second: ModelVersion
) -> None:
    ModelVersion.objects.filter(pk=second.pk).update(model_file="homes/nowhere/model.pkl")
    sql(
        "UPDATE modelregistry_modelversion "
        f"SET is_active = (version = {second.version}) WHERE predictor = 'homes'"
    )
    response = api.post("/api/predict/", home, content_type=JSON)
    assert (response.status_code, response.json()["code"]) == (503, "model-unavailable")
    assert api.get("/readyz").status_code == 503
