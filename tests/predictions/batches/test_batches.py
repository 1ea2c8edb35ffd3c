"""A file is scored: every row as if it had been asked alone."""

import csv
import io
import json
import uuid
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from modelregistry.models import ModelVersion
from modelregistry.services import activate_version
from predictions.batches import services
from predictions.batches.models import Batch, State, batch_storage
from predictions.batches.scoring import Outcome, score_next
from predictions.batches.splitting import split_batch
from predictions.models import Prediction
from predictions.replaying import Selection, replay
from predictors.homes.ml.schema import HOME_FIELDS
from tests.predictions.batches.conftest import (
    PATH,
    Asking,
    Table,
    as_csv,
    read_csv,
    stored_files,
    work_off,
)
from tests.predictions.versions.conftest import another

JSON_LINES = "application/x-ndjson"


def as_payload(row: dict[str, str]) -> dict[str, Any]:
    """As a client sends it one by one."""
    return {
        field.name: row[field.name] if field.kind == "zipcode" else float(row[field.name])
        for field in HOME_FIELDS
    }


def asked_alone(api: Client, row: dict[str, str]) -> float:
    response = api.post("/api/predict/", as_payload(row), content_type="application/json")
    return float(response.json()["prediction"])


pytestmark = pytest.mark.usefixtures("small_chunks")


def test_it_works(asking: Asking, api: Client, homes: Table, active_version: ModelVersion) -> None:
    """CSV in, CSV out: in order, nothing changed, each estimate as the API gives it."""
    sent = homes[:20]
    batch = asking.scored(as_csv(sent))
    found = read_csv(asking.results(batch))
    assert [{name: row[name] for name in sent[0]} for row in found] == sent
    assert [float(row["prediction"]) for row in found] == [asked_alone(api, r) for r in sent]
    assert {row["model_version"] for row in found} == {str(active_version.version)}
    assert {row["error"] for row in found} == {""}
    ids = [row["prediction_id"] for row in found]
    assert ids == sorted(set(ids))
    logged = Prediction.objects.filter(request_id=str(batch.pk))
    assert sorted(str(row.id) for row in logged) == ids
    assert {row.endpoint for row in logged} == {"batch"}
    document = asking.document(batch)
    assert document["rows"] == {"total": 20, "done": 20, "failed": 0}
    assert document["file"]["carried"] == ["id", "date", "price"]
    assert batch.chunks.count() == 3


def test_what_the_log_says_of_a_row_is_what_it_says_of_a_question(
    asking: Asking, homes: Table
) -> None:
    batch = asking.scored(as_csv(homes[:1]))
    row = Prediction.objects.get(request_id=str(batch.pk))
    assert row.request == as_payload(homes[0])
    assert row.response["prediction"] == row.prediction
    assert row.response["id"] == str(row.id)
    assert row.response["model"]["version"] == batch.model_version.version
    assert (row.status, row.caller) == (200, "127.0.0.1")
    assert row.features is not None


def test_json_lines_are_scored_alike(asking: Asking, homes: Table) -> None:
    sent = homes[:10]
    lines = [json.dumps({**as_payload(row), "id": row["id"], "tags": [1]}) for row in sent]
    batch = asking.scored("\n".join(lines).encode(), JSON_LINES)
    of_csv = asking.scored(as_csv(sent))
    found, expected = read_csv(asking.results(batch)), read_csv(asking.results(of_csv))
    assert [row["prediction"] for row in found] == [row["prediction"] for row in expected]
    assert [row["id"] for row in found] == [row["id"] for row in sent]
    assert {row["tags"] for row in found} == {"[1]"}


def test_parquet_has_the_same(asking: Asking, homes: Table) -> None:
    batch = asking.scored(as_csv(homes[:20]))
    table = pq.read_table(io.BytesIO(asking.results(batch, "parquet"))).to_pylist()
    found = read_csv(asking.results(batch))
    assert [row["prediction"] for row in table] == [float(row["prediction"]) for row in found]
    assert [row["id"] for row in table] == [row["id"] for row in found]
    assert table[0]["lower"] is None and table[0]["error"] is None


def test_json_lines_have_the_same_whatever_is_in_a_cell(asking: Asking, homes: Table) -> None:
    notes = ['"\\', "".join(map(chr, range(1, 32))), "a\x7f\x85\u2028é😀", "", "\\u0041", '"}\n{']
    sent = [{**row, 'a "name"': note} for row, note in zip(homes, notes * 4, strict=False)]
    batch = asking.scored(as_csv(sent))
    lines = asking.results(batch, "jsonl").split(b"\n")
    assert lines.pop() == b""
    table = pq.read_table(io.BytesIO(asking.results(batch, "parquet"))).to_pylist()
    assert [json.loads(line) for line in lines] == table
    assert [row['a "name"'] for row in table] == notes * 4


def test_a_model_that_knows_them_gives_intervals(
    asking: Asking, homes: Table, champion_version: ModelVersion
) -> None:
    batch = asking.scored(as_csv(homes[:20]))
    for row in read_csv(asking.results(batch)):
        assert 0 < float(row["lower"]) < float(row["prediction"]) < float(row["upper"])
    logged = Prediction.objects.filter(request_id=str(batch.pk))[0]
    assert set(logged.response["interval"]) == {"lower", "upper"}
    ids = list(Prediction.objects.filter(request_id=str(batch.pk)).values_list("id", flat=True))
    replayed = replay(selection=Selection(ids=ids))
    assert (replayed.equal + replayed.rounded, replayed.differences.count) == (20, 0)


@pytest.mark.parametrize(("separator", "before"), [(";", b""), ("\t", b""), (";", b"sep=;\r\n")])
def test_what_spreadsheets_write_is_understood(
    asking: Asking, homes: Table, separator: str, before: bytes
) -> None:
    content = b"\xef\xbb\xbf" + before + as_csv(homes[:3], separator)
    batch = asking.scored(content + b"\r\n\r\n")
    found = read_csv(asking.results(batch), separator)
    assert [row["id"] for row in found] == [row["id"] for row in homes[:3]]
    assert all(row["prediction"] for row in found)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_in_which_all_is_quoted_is_understood(
    asking: Asking, homes: Table, separator: str
) -> None:
    batch = asking.scored(as_csv(homes[:3], separator, quoting=csv.QUOTE_ALL))
    assert batch.separator == separator
    found = read_csv(asking.results(batch), separator)
    assert [row["id"] for row in found] == [row["id"] for row in homes[:3]]
    assert all(row["prediction"] for row in found)


def test_commas_at_the_end_of_all_lines_are_no_columns(asking: Asking, homes: Table) -> None:
    content = as_csv(homes[:3]).replace(b"\r\n", b",,,\r\n")
    batch = asking.scored(content)
    assert batch.columns == list(homes[0])
    assert asking.document(batch)["rows"] == {"total": 3, "done": 3, "failed": 0}


def test_cells_that_need_quotes_come_back_as_they_went(asking: Asking, homes: Table) -> None:
    notes = ['two\r\nlines, and "quotes"', "'=1+1", "", 'a 5" pipe', "ünï"] * 3
    sent = [{**row, "note": note} for row, note in zip(homes, notes, strict=False)]
    batch = asking.scored(as_csv(sent))
    assert [row["note"] for row in read_csv(asking.results(batch))] == notes
    assert asking.document(batch)["rows"]["failed"] == 0


def test_a_file_with_only_what_the_model_needs_is_enough(
    asking: Asking, homes: Table, minimal_home: dict[str, Any]
) -> None:
    whole, part = (
        asking.scored(as_csv(rows))
        for rows in (homes[:5], [{name: row[name] for name in minimal_home} for row in homes[:5]])
    )
    assert part.minimal and not whole.minimal
    of_whole, of_part = (read_csv(asking.results(batch)) for batch in (whole, part))
    assert [r["prediction"] for r in of_part] == [r["prediction"] for r in of_whole]


def test_a_form_with_a_file_is_accepted(api: Client, asking: Asking, homes: Table) -> None:
    file = SimpleUploadedFile("my homes.csv", as_csv(homes[:3]), "application/vnd.ms-excel")
    document = api.post(PATH, {"file": file}).json()
    assert document["file"]["name"] == "my homes.csv"
    batch = Batch.objects.get(pk=document["id"])
    work_off(batch)
    assert len(read_csv(asking.results(batch))) == 3


def test_one_version_answers_though_another_takes_over_meanwhile(
    asking: Asking, homes: Table, active_version: ModelVersion
) -> None:
    other = another()
    batch = asking.accepted(as_csv(homes[:20]))
    split_batch(batch, tell=False)
    batch.refresh_from_db()
    assert score_next(batch) is Outcome.MORE
    activate_version(predictor="homes", version=other.version, actor="test")
    work_off(batch)
    versions = {row["model_version"] for row in read_csv(asking.results(batch))}
    assert versions == {str(active_version.version)}
    assert asking.accepted(as_csv(homes[:1])).model_version == other


def test_a_version_that_is_named_answers(asking: Asking, homes: Table) -> None:
    other = another()
    batch = asking.scored(as_csv(homes[:1]), query=f"?model={other.version}")
    assert read_csv(asking.results(batch))[0]["model_version"] == str(other.version)


def test_messages_that_come_twice_change_nothing(asking: Asking, homes: Table) -> None:
    batch = asking.scored(as_csv(homes[:20]))
    first = asking.results(batch)
    for _ in range(3):
        work_off(batch)
        services.tell_workers(batch=batch)
    assert Prediction.objects.filter(request_id=str(batch.pk)).count() == 20
    assert asking.results(batch) == first
    assert batch.state == State.DONE


def test_a_cancelled_batch_goes_no_further(api: Client, asking: Asking, homes: Table) -> None:
    batch = asking.accepted(as_csv(homes[:20]))
    split_batch(batch, tell=False)
    batch.refresh_from_db()
    score_next(batch)
    for _ in range(2):  # once more is no harm
        document = api.post(f"{PATH}{batch.pk}/cancel/").json()
        assert document["state"] == "cancelled"
        assert document["rows"] == {"total": 20, "done": 7, "failed": 0}
    batch.refresh_from_db()
    work_off(batch)
    assert batch.state == State.CANCELLED
    assert Prediction.objects.filter(request_id=str(batch.pk)).count() == 7
    response = api.get(f"{PATH}{batch.pk}/results/")
    assert (response.status_code, response.json()["code"]) == (409, "batch-not-done")
    assert response.json()["state"] == "cancelled"


def test_there_are_no_results_before_the_end(api: Client, asking: Asking, homes: Table) -> None:
    batch = asking.accepted(as_csv(homes[:1]))
    response = api.get(f"{PATH}{batch.pk}/results/")
    assert (response.status_code, response.json()["code"]) == (409, "batch-not-done")


def test_a_batch_whose_model_is_gone_fails_and_says_why(
    asking: Asking, homes: Table, settings: Any
) -> None:
    lost = another()
    ModelVersion.objects.filter(pk=lost.pk).update(model_file="nowhere/model.pkl")
    batch = asking.accepted(as_csv(homes[:1]), query=f"?model={lost.version}")
    split_batch(batch, tell=False)
    batch.refresh_from_db()
    for _ in range(3):
        assert score_next(batch) is Outcome.MORE
        batch.chunks.update(not_before=None)
    batch.refresh_from_db()
    assert batch.state == State.FAILED
    assert "cannot be read" in batch.error
    assert not Prediction.objects.filter(request_id=str(batch.pk)).exists()


def test_results_that_are_lost_are_gone(api: Client, asking: Asking, homes: Table) -> None:
    batch = asking.scored(as_csv(homes[:1]))
    batch_storage().delete(batch.result)
    response = api.get(f"{PATH}{batch.pk}/results/")
    assert (response.status_code, response.json()["code"]) == (410, "results-gone")


def test_files_are_removed_after_their_days(
    api: Client, asking: Asking, homes: Table, settings: Any
) -> None:
    batch = asking.scored(as_csv(homes[:1]))
    left = batch_storage().save(f"{uuid.uuid4()}/upload", ContentFile(b"of a killed process"))
    assert services.remove_old_files() == 0
    assert len(stored_files(batch.pk)) == 2
    settings.BATCH_DAYS = 0
    assert services.remove_old_files() >= 2
    assert stored_files(batch.pk) == []
    assert not batch_storage().exists(left)
    response = api.get(f"{PATH}{batch.pk}/results/")
    assert (response.status_code, response.json()["code"]) == (410, "results-gone")


def test_what_nobody_was_told_of_is_told_again(asking: Asking, homes: Table) -> None:
    batch = asking.accepted(as_csv(homes[:20]))
    assert services.look_after() == 0
    for is_split in (False, True):
        if is_split:
            split_batch(batch, tell=False)
        Batch.objects.update(
            sent_at=batch.created_at - services.SILENCE * 2,
            created_at=batch.created_at - services.SILENCE * 2,
        )
        assert services.look_after() == 1
        assert services.look_after() == 0


def test_too_many_rows_are_found_by_the_worker(asking: Asking, homes: Table, settings: Any) -> None:
    settings.BATCH_ROWS = 9
    settings.BATCH_CHUNK_ROWS = 4
    batch = asking.accepted(as_csv(homes[:10]))
    split_batch(batch, tell=False)
    batch.refresh_from_db()
    assert batch.state == Batch.State.FAILED
    assert batch.error == "the file has more than the 9 rows that are accepted"
