"""A file that comes twice is one batch, also if it comes twice at the same time."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from predictions.batches.models import Batch
from predictions.idempotency.models import KeptAnswer
from tests.predictions.batches.conftest import as_csv, stored_files

from .conftest import Doors, Send, refused, shown


class Meanwhile(BytesIO):
    """A body during whose arrival something else happens."""

    def __init__(self, content: bytes, happens: Callable[[], Any]) -> None:
        super().__init__(content)
        self._happens: Callable[[], Any] | None = happens

    def read(self, size: int | None = -1) -> bytes:
        if self._happens is not None:
            happens, self._happens = self._happens, None
            happens()
        return super().read(size)


@pytest.fixture
def send_slowly(api: Client, doors: Doors) -> Callable[[Callable[[], Any]], Any]:
    body, kind, _ = doors["/api/batches/"]

    def send(happens: Callable[[], Any]) -> Any:
        arriving: dict[str, Any] = {
            "wsgi.input": Meanwhile(body, happens),
            "CONTENT_LENGTH": len(body),
        }
        # Django's client sends no type of an empty body unless it is told so.
        arriving["CONTENT_TYPE"] = kind
        return api.post(
            "/api/batches/",
            b"",
            content_type=kind,
            headers={"Idempotency-Key": "first"},
            **arriving,
        )

    return send


def test_it_works(send: Send, doors: Doors, settings: Any) -> None:
    """Of a file that came again nothing is stored."""
    body, kind, _ = doors["/api/batches/"]
    first = send("/api/batches/", body, kind=kind)
    folder = settings.VAR / "batches"
    before = sorted(folder.iterdir())
    send("/api/batches/", body, kind=kind)
    send("/api/batches/", body + b"1", kind=kind)
    assert sorted(folder.iterdir()) == before
    assert stored_files(Batch.objects.get(pk=first.json()["id"]).pk) == ["upload"]


def test_of_two_files_that_come_at_the_same_time_one_is_kept(
    send: Send, doors: Doors, send_slowly: Any, settings: Any
) -> None:
    body, kind, _ = doors["/api/batches/"]
    folder = settings.VAR / "batches"
    before = len(list(folder.iterdir())) if folder.exists() else 0
    quicker: list[Any] = []
    response = send_slowly(lambda: quicker.append(send("/api/batches/", body, kind=kind)))
    assert response["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in quicker[0]
    assert shown(response) == shown(quicker[0])
    assert (Batch.objects.count(), len(list(folder.iterdir()))) == (1, before + 1)


def test_an_answer_that_ends_while_its_file_comes_again_is_told(
    send: Send, doors: Doors, send_slowly: Any
) -> None:
    """Nothing was stored of the file: it has to come once more."""
    body, kind, _ = doors["/api/batches/"]
    send("/api/batches/", body, kind=kind)
    refused(send_slowly(KeptAnswer.objects.all().delete), 409, "idempotency-in-progress")
    assert "Idempotency-Replayed" not in send("/api/batches/", body, kind=kind)
    assert Batch.objects.count() == 2


def test_a_form_is_the_same_whatever_its_boundary(api: Client, homes: list[dict[str, str]]) -> None:
    def sent(name: str, boundary: str, rows: int = 3) -> Any:
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        content = part.encode() + b"Content-Type: text/csv\r\n\r\n" + as_csv(homes[:rows])
        return api.post(
            "/api/batches/",
            content + f"\r\n--{boundary}--\r\n".encode(),
            content_type=f"multipart/form-data; boundary={boundary}",
            headers={"Idempotency-Key": "form"},
        )

    first, again = sent("homes.csv", "one"), sent("homes.csv", "two")
    assert first.status_code == 202 and shown(again) == shown(first)
    assert Batch.objects.count() == 1
    refused(sent("others.csv", "three"), 422, "idempotency-mismatch")
    refused(sent("homes.csv", "four", rows=2), 422, "idempotency-mismatch")


def test_a_batch_has_moved_on_and_the_first_answer_stands(send: Send, doors: Doors) -> None:
    body, kind, _ = doors["/api/batches/"]
    first = send("/api/batches/", body, kind=kind)
    Batch.objects.all().finish(Batch.State.CANCELLED)
    assert send("/api/batches/", body, kind=kind).json()["state"] == "accepted"
    assert Batch.objects.get(pk=first.json()["id"]).state == "cancelled"
