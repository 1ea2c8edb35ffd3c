"""What is sent again, when, and what never is: against a server that fails as it is told to."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.clients.answering import (
    BATCH,
    ESTIMATE,
    QUICKLY,
    answering,
    breaks_off,
    document,
    hangs_up,
    problem,
)
from tests.live import free_port, wait_until
from valuation_client import (
    Client,
    ConnectionFailed,
    InvalidInput,
    ProblemError,
    Retries,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
)
from valuation_client.retries import seconds_to_wait


def key_of(came: Any) -> str:
    return str(came.headers["Idempotency-Key"])


def test_it_works(home: dict[str, Any]) -> None:
    """Refused for now twice, then answered: one call, one idempotency key."""
    answers = (problem(429, "too-many-requests"), problem(503, "not-ready"), ESTIMATE)
    with answering(*answers) as server, Client(server.url, retries=QUICKLY) as client:
        assert client.value_home(home).prediction == 400_000
        assert len({key_of(came) for came in server.came}) == 1
        assert len({came.body for came in server.came}) == 1
        assert len(server.came) == 3
        assert server.came[0].headers["User-Agent"].startswith("valuation-client/1.")


def test_each_call_has_a_key_of_its_own_or_the_one_it_was_given(home: dict[str, Any]) -> None:
    with answering(*[ESTIMATE] * 3) as server, Client(server.url) as client:
        client.value_home(home)
        client.value_home(home)
        client.value_home(home, idempotency_key="order-8")
        first, second, third = map(key_of, server.came)
    assert first != second
    assert third == "order-8"


@pytest.mark.parametrize("says", ["seconds", "date"])
def test_it_waits_as_long_as_the_service_says(says: str, home: dict[str, Any]) -> None:
    # A date has no fractions: two seconds ahead are more than one.
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    busy = problem(429, "too-many-requests", Retry_After="1" if says == "seconds" else at)
    with answering(busy, ESTIMATE) as server, Client(server.url, retries=QUICKLY) as client:
        began = time.monotonic()
        client.value_home(home)
        assert time.monotonic() - began >= 0.9


def test_what_would_take_too_long_is_not_waited_for(home: dict[str, Any]) -> None:
    busy = problem(429, "too-many-requests", Retry_After="60")
    with (
        answering(busy) as server,
        Client(server.url, retries=QUICKLY) as client,
        pytest.raises(TooManyRequests) as refused,
    ):
        client.value_home(home)
    assert refused.value.retry_after == 60
    assert refused.value.code == "too-many-requests"


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "0"}])
def test_it_gives_up_in_the_end(headers: dict[str, str], home: dict[str, Any]) -> None:
    briefly = Retries(seconds=0.2, first_wait=0.02)
    answers = [problem(503, "no-active-model", **headers)] * 50
    with answering(*answers) as server, Client(server.url, retries=briefly) as client:
        with pytest.raises(Unavailable, match="no-active-model"):
            client.value_home(home)
        assert 2 <= len(server.came) <= 20


@pytest.mark.parametrize("fails", [hangs_up, breaks_off, problem(502, "bad-gateway")])
def test_a_question_whose_answer_was_lost_is_asked_again(fails: Any, home: dict[str, Any]) -> None:
    with answering(fails, ESTIMATE) as server, Client(server.url, retries=QUICKLY) as client:
        assert client.value_home(home).currency == "USD"
        assert key_of(server.came[0]) == key_of(server.came[1])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_nothing_else_that_is_refused_is_sent_again(status: int, home: dict[str, Any]) -> None:
    refusal = problem(status, "some-code")
    with answering(refusal) as server, Client(server.url, retries=QUICKLY) as client:
        with pytest.raises(ProblemError, match="some-code") as refused:
            client.value_home(home)
        assert refused.value.status == status
        assert len(server.came) == 1


def test_a_request_whose_twin_is_still_being_answered_is_waited_for(home: dict[str, Any]) -> None:
    twin = problem(409, "idempotency-in-progress")
    with answering(twin, ESTIMATE) as server, Client(server.url, retries=QUICKLY) as client:
        assert client.value_home(home).id == "1"


def test_without_retries_no_key_is_sent(home: dict[str, Any]) -> None:
    with answering(ESTIMATE) as server, Client(server.url, retries=Retries(seconds=0)) as client:
        client.value_home(home)
        assert "Idempotency-Key" not in server.came[0].headers


def test_a_service_that_is_not_there_is_said_so() -> None:
    never = Retries(seconds=0)
    nowhere = f"http://127.0.0.1:{free_port()}"
    with Client(nowhere, retries=never) as client, pytest.raises(ConnectionFailed):
        client.version()


def test_something_else_at_that_address_is_said_so(home: dict[str, Any]) -> None:
    with (
        answering(document(200, {"hello": "world"})) as server,
        Client(server.url) as client,
        pytest.raises(UnexpectedAnswer, match="answer has no id"),
    ):
        client.value_home(home)


def test_every_wrong_field_is_named(home: dict[str, Any]) -> None:
    fault = {"field": "bedrooms", "detail": "-1 is out of range", "accepted": "0 to 50"}
    refusal = document(422, {"code": "invalid-input", "detail": "x", "errors": [fault]})
    with (
        answering(refusal) as server,
        Client(server.url) as client,
        pytest.raises(InvalidInput) as refused,
    ):
        client.value_home(home)
    assert [vars_of(error) for error in refused.value.errors] == [fault]


def vars_of(fault: Any) -> dict[str, str]:
    return {name: getattr(fault, name) for name in ("field", "detail", "accepted")}


def test_a_file_is_sent_again_from_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "homes.jsonl"
    file.write_bytes(b'{"bedrooms":3}\n')
    busy = problem(503, "no-room")
    with answering(busy, BATCH) as server, Client(server.url, retries=QUICKLY) as client:
        assert client.submit_batch(file).state == "accepted"
        assert [came.body for came in server.came] == [file.read_bytes()] * 2
        assert server.came[1].headers["Content-Type"] == "application/x-ndjson"
        assert server.came[1].headers["Content-Length"] == "15"


def test_rows_that_can_be_had_once_are_sent_once() -> None:
    with (
        answering(problem(503, "no-room")) as server,
        Client(server.url, retries=QUICKLY) as client,
    ):
        with pytest.raises(Unavailable):
            client.submit_batch({"bedrooms": number} for number in range(3))
        assert server.came[0].body == b'{"bedrooms":0}\n{"bedrooms":1}\n{"bedrooms":2}\n'
        assert "Idempotency-Key" not in server.came[0].headers


def test_rows_are_sent_while_more_are_being_made() -> None:
    with answering(BATCH) as server, Client(server.url) as client:

        def made() -> Iterator[dict[str, str]]:
            yield from ({"note": "x" * 1000} for _ in range(100))
            wait_until(lambda: server.begun == 1)
            yield {"note": "the last"}

        client.submit_batch(made())
    assert server.came[0].body.endswith(b'{"note":"the last"}\n')


def test_a_download_that_breaks_off_begins_again_and_leaves_nothing_half(tmp_path: Path) -> None:
    target = tmp_path / "scored.csv"
    whole = document(200, "all of it")
    with answering(breaks_off, whole) as server, Client(server.url, retries=QUICKLY) as client:
        client.download("7", target)
    assert target.read_bytes() == b'"all of it"'
    with (
        answering(breaks_off, problem(410, "results-gone")) as server,
        Client(server.url, retries=QUICKLY) as client,
        pytest.raises(ProblemError),
    ):
        client.download("7", tmp_path / "other.csv")
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("120", 120.0), (" 3 ", 3.0), ("soon", None), ("-1", None), ("", None)],
)
def test_a_wait_is_read_from_its_header(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header) == seconds


def test_a_date_that_has_passed_is_no_wait() -> None:
    assert seconds_to_wait("Wed, 21 Oct 2015 07:28:00 GMT") == 0
