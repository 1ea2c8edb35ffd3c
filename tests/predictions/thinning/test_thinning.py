"""Of the versions learned online a few keep their files; of the others the row stays."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from modelregistry import artifacts
from modelregistry.errors import GateFailed, ModelUnavailable, NothingToRollBack, VersionInUse
from modelregistry.keeping import delete_unneeded_files
from modelregistry.loading import load
from modelregistry.models import Activation, ModelVersion, ServingProcess, artifact_storage
from modelregistry.services import activate_version, mark_removed, rollback
from predictions.batches.models import Batch
from predictions.recording import record
from predictions.shadow.services import set_shadow
from predictions.thinning.services import thin_versions
from predictions.thinning.tasks import thin
from tests.predictions.rows import NOW, row_of

COUNT = 26
LATER = timedelta(hours=3)
"""After the hour in which nothing is removed."""


def online_versions(count: int, *, age: timedelta = timedelta(days=40)) -> list[ModelVersion]:
    """Each with files of its own, which no test loads."""
    rows = []
    last = ModelVersion.objects.of("homes").order_by("version").last()
    assert last is not None
    for number in range(last.version + 1, last.version + 1 + count):
        content = f"{last.pk} {number}".encode()
        names = artifacts.store(predictor="homes", model_bytes=content, features_bytes=b"[]")
        rows.append(
            ModelVersion(
                predictor="homes",
                version=number,
                name="online",
                model_file=names[0],
                features_file=names[1],
                model_sha256=artifacts.sha256(content),
                features_sha256=artifacts.sha256(b"[]"),
                feature_names=["sqft_living"],
                trained_on={"online": True, "parent": number - 1},
                golden={"rows_of": 1, "predictions": [1.0]},
                gate=ModelVersion.Gate.PASSED,
                created_at=NOW - age + timedelta(seconds=number),
            )
        )
    return ModelVersion.objects.bulk_create(rows)


@pytest.fixture
def online(active_version: ModelVersion) -> list[ModelVersion]:
    """Versions 2 to 27, 40 days old: of each day the last is kept, but only of 30 days."""
    return online_versions(COUNT)


def numbers(versions: Iterable[ModelVersion]) -> list[int]:
    return [version.version for version in versions]


def thinned(after: timedelta = timedelta(0)) -> list[int]:
    return thin_versions(predictor="homes", now=datetime.now(UTC) + after)


def is_there(version: ModelVersion) -> bool:
    return artifact_storage().exists(str(version.model_file.name))


def remove(version: ModelVersion, *, reason: str = "test") -> None:
    mark_removed(version=version, reason=reason)
    delete_unneeded_files(predictor="homes")


def switch(number: int) -> None:
    """As SQL does it: nothing is loaded."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE modelregistry_modelversion SET is_active = (version = %s)", [number])


def test_it_works(online: list[ModelVersion]) -> None:
    """The newest 20 stay; the others' rows stay and say when and why."""
    gone, kept = online[:-20], online[-20:]
    assert thinned() == numbers(gone)
    assert not any(map(is_there, gone)) and all(map(is_there, kept))
    assert not artifact_storage().exists(str(gone[0].model_file.name).rpartition("/")[0])
    row = ModelVersion.objects.get(pk=gone[0].pk)
    assert (row.gate, row.golden, row.trained_on["parent"]) == ("removed", {}, 1)
    assert row.gate_reason.startswith(f"{datetime.now(UTC):%Y-}")
    assert "no longer needed" in row.gate_reason
    assert thinned() == []


def test_what_was_removed_can_answer_no_more(online: list[ModelVersion], api: Client) -> None:
    thinned()
    row = ModelVersion.objects.get(pk=online[0].pk)
    with pytest.raises(ModelUnavailable, match=r"files of homes 2 \(online\) were removed"):
        load(row)
    with pytest.raises(GateFailed, match="were removed"):
        activate_version(predictor="homes", version=2, actor="test")
    assert api.get("/api/models/homes/2/").json()["gate"] == "removed"


def test_the_last_of_each_day_is_kept(active_version: ModelVersion) -> None:
    days = [online_versions(3, age=timedelta(days=n)) for n in range(12, 0, -1)]
    assert thinned() == [*numbers(one for day in days[:5] for one in day[:2]), 17]


def test_for_an_hour_after_it_answered_nothing_is_removed(online: list[ModelVersion]) -> None:
    switch(2)
    switch(1)
    assert 2 not in thinned() and 2 not in thinned(timedelta(minutes=59))


def test_new_ones_are_not_removed(active_version: ModelVersion) -> None:
    new = online_versions(COUNT, age=timedelta(minutes=1))
    assert thinned() == []
    assert thinned(timedelta(hours=2)) == numbers(new[:-20])


def test_the_active_one_and_what_rollbacks_return_to_are_kept(online: list[ModelVersion]) -> None:
    for number in (2, 3, 4, 5, 6, 5):
        switch(number)
    # 5 answers; rollbacks go to 6, to 4 (not to 5, which stands below 6 again), to 3.
    assert Activation.objects.returned_to("homes", limit=3) == [
        version.pk for version in (online[4], online[2], online[1])
    ]
    assert thinned(LATER) == [2, 7]


def test_what_the_log_names_is_kept(online: list[ModelVersion]) -> None:
    for version in (online[1], online[3]):
        row = row_of(NOW)
        row.model_version_id = version.pk
        record(row)
    assert thinned() == [2, 4, 6, 7]


def test_shadows_and_batches_keep_theirs(online: list[ModelVersion]) -> None:
    set_shadow(predictor="homes", version=3, actor="test")
    batch = Batch.objects.create(
        predictor="homes",
        model_version=online[2],
        size=1,
        begins=0,
        columns=[],
        minimal=False,
        chunk_rows=1,
    )
    assert thinned() == [2, 5, 6, 7]
    Batch.objects.filter(pk=batch.pk).update(state="cancelled", finished_at=NOW)
    assert thinned() == [4]


def test_what_a_web_process_goes_on_with_is_kept(online: list[ModelVersion]) -> None:
    """It could not load what is active."""
    ServingProcess.objects.create(
        process=uuid4(), host="web-2", pid=7, predictor="homes", model_version=online[1]
    )
    assert thinned() == [2, 4, 5, 6, 7]


def test_only_what_was_learned_online_and_passed_is_removed(online: list[ModelVersion]) -> None:
    ModelVersion.objects.filter(version=2).update(trained_on={"rows": 1})
    ModelVersion.objects.filter(version=3).update(gate="failed")
    assert thinned() == [4, 5, 6, 7]


def test_the_task_and_the_command_do_it_for_all(online: list[ModelVersion]) -> None:
    def said(*arguments: str) -> str:
        out = StringIO()
        call_command("thin_versions", *arguments, stdout=out)
        return out.getvalue()

    would = "homes: files of 6 versions would be removed 2, 3, 4, 5, 6, 7\n"
    assert would in said("--dry-run")
    assert is_there(online[0])
    assert would.replace("would be ", "") in said("--predictor", "homes")
    online_versions(1)
    thin()
    assert not is_there(online[6])
    with pytest.raises(CommandError, match="horses"):
        said("--predictor", "horses")


def test_files_that_another_version_has_too_stay(online: list[ModelVersion]) -> None:
    first, second = online[:2]
    ModelVersion.objects.filter(pk=second.pk).update(
        model_file=first.model_file.name, features_file=first.features_file.name
    )
    remove(first)
    assert is_there(first)
    remove(second)
    assert not is_there(first)


def test_files_that_a_crash_left_are_deleted_by_the_next_run(online: list[ModelVersion]) -> None:
    mark_removed(version=online[0], reason="test")
    assert is_there(online[0])
    assert thinned() == numbers(online[1:-20]) and not is_there(online[0])


def test_files_that_cannot_be_deleted_stop_nobody_else(
    online: list[ModelVersion], caplog: pytest.LogCaptureFixture
) -> None:
    name = str(online[0].model_file.name)
    stray = artifact_storage().save(name.replace("model.pkl", "folder/stray"), ContentFile(b""))
    assert thinned() == numbers(online[:-20])
    assert not is_there(online[1])
    assert "Directory not empty" in caplog.text
    artifact_storage().delete(stray)
    artifact_storage().delete(stray.rpartition("/")[0])


def test_files_without_a_version_are_deleted_after_a_week(online: list[ModelVersion]) -> None:
    """As a transaction leaves them that was rolled back."""
    name, _ = artifacts.store(predictor="homes", model_bytes=b"nobody's", features_bytes=b"[]")
    folder = Path(artifact_storage().path(name)).parent
    for days, is_there_still in ((6, True), (8, False)):
        moment = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        for file in folder.iterdir():
            os.utime(file, (moment, moment))
        thinned()
        assert artifact_storage().exists(name) is is_there_still
    assert not artifact_storage().exists(name)
    assert is_there(online[-1])


def test_what_is_needed_is_not_removed(
    active_version: ModelVersion, online: list[ModelVersion]
) -> None:
    with pytest.raises(VersionInUse):
        remove(active_version)
    assert is_there(active_version)
    remove(online[0])
    with pytest.raises(GateFailed, match="were removed"):
        remove(online[0])


def test_files_that_were_lost_before_are_no_obstacle(online: list[ModelVersion]) -> None:
    artifact_storage().delete(str(online[0].model_file.name))
    remove(online[0])
    assert ModelVersion.objects.get(pk=online[0].pk).gate == "removed"


def test_rows_that_others_are_asked_are_kept(online: list[ModelVersion]) -> None:
    first, second = online[:2]
    ModelVersion.objects.filter(pk=first.pk).update(golden={"rows": [[7.0]], "predictions": [1.0]})
    second.golden = {"rows_of": first.version, "predictions": [1.0]}
    remove(first)
    assert second.golden_rows() == [[7.0]]


def test_a_rollback_passes_over_what_was_removed(online: list[ModelVersion]) -> None:
    switch(2)
    switch(3)
    remove(online[0])
    assert rollback(predictor="homes", actor="test").version == 1
    remove(online[1])
    with pytest.raises(NothingToRollBack):
        rollback(predictor="homes", actor="test")


def test_a_replay_says_why_it_cannot(online: list[ModelVersion]) -> None:
    row = row_of(NOW, status=200, prediction=1.0, features=[1.0])
    row.model_version_id = online[0].pk
    record(row)
    remove(online[0], reason="by hand")
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("replay_predictions", stdout=out, stderr=out)
    assert "were removed" in out.getvalue() and "by hand" in out.getvalue()


def test_lists_are_paged(online: list[ModelVersion], api: Client) -> None:
    online_versions(200)
    seen: list[int] = []
    address: str | None = "/api/models/homes/"
    while address:
        page: dict[str, Any] = api.get(address).json()
        assert page["active"] == 1 and len(page["versions"]) <= 100
        seen += [version["version"] for version in page["versions"]]
        address = page["next"]
    assert seen == list(range(1 + COUNT + 200, 0, -1))
    assert api.get("/api/models/homes/?before=1").json()["versions"] == []
    for wrong in ("before=x", "before=-1", "before=1&before=2", "after=1", "before="):
        response = api.get(f"/api/models/homes/?{wrong}")
        assert (response.status_code, response.json()["code"]) == (422, "invalid-input")
    unknown = api.get("/api/models/homes/999/").json()
    assert "there are: 1 to 227" in unknown["detail"]


def test_the_admin_offers_few_of_many(online: list[ModelVersion], admin_client: Client) -> None:
    online_versions(200)
    for path in ("modelregistry/modelversion", "predictions/prediction", "outcomes/outcome"):
        page = admin_client.get(f"/admin/{path}/", {"model_version__id__exact": online[0].pk})
        assert page.status_code in (200, 302)
    page = admin_client.get("/admin/predictions/prediction/")
    assert page.text.count("model_version__id__exact=") < 30
    old = {"model_version__id__exact": online[0].pk}
    assert str(online[0]) in admin_client.get("/admin/predictions/prediction/", old).text
    wrong = {"model_version__id__exact": "x"}
    assert admin_client.get("/admin/predictions/prediction/", wrong).status_code == 302
