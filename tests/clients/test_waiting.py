"""A batch that is waited for, and results that come: against a server that answers as told."""

import json
import time
from typing import Any

import pytest

from tests.clients.answering import (
    BATCH,
    Answer,
    answering,
    batch,
    breaks_off,
    document,
    hangs_up,
)
from valuation_client import (
    Client,
    ConnectionFailed,
    Retries,
    UnexpectedAnswer,
    ValuationError,
    WaitTimeout,
)

NEVER = Retries(seconds=0)
ROW = {
    **{"mine": "+1 206 555 0100", "other": None, "prediction": 400_000, "lower": None},
    **{"upper": None, "model_version": 1, "prediction_id": "x", "error": None},
}


def lines(*rows: Any, missing: int = 0) -> Answer:
    """And then so many bytes that do not come."""

    def answer(handler: Any) -> None:
        content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        handler.send_response(200)
        handler.send_header("Content-Type", "application/x-ndjson")
        handler.send_header("Content-Length", str(len(content) + missing))
        handler.end_headers()
        handler.wfile.write(content)
        handler.wfile.flush()
        if missing:
            hangs_up(handler)

    return answer


def test_it_works() -> None:
    """A row of results is what the service says; only numbers and text come of it."""
    with answering(lines(ROW)) as server, Client(server.url) as client:
        (row,) = client.results("7")
        assert server.came[0].path == "/api/batches/7/results/?format=jsonl"
    assert row.cells == {"mine": "+1 206 555 0100", "other": ""}
    assert (row.prediction, row.lower, row.model_version) == (400_000.0, None, 1)
    assert (row.prediction_id, row.error) == ("x", "")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (document(200, "cells", Content_Type="text/csv"), UnexpectedAnswer),
        (breaks_off, UnexpectedAnswer),
        (lines({"mine": "a"}), UnexpectedAnswer),
        (lines("mine"), UnexpectedAnswer),
        (lines(ROW, missing=100), ConnectionFailed),
    ],
)
def test_results_that_are_none_or_break_off_are_not_taken_for_whole(
    answer: Answer, kind: type[ValuationError]
) -> None:
    with answering(answer) as server, Client(server.url) as client, pytest.raises(kind):
        list(client.results("7"))


def test_it_is_waited_for_to_the_end_of_the_time() -> None:
    """And looked at once more then: no pause is left out because it would be too long."""
    looks: list[float] = []
    with answering(*[BATCH] * 20) as server, Client(server.url, retries=NEVER) as client:
        end = time.monotonic() + 0.35
        with pytest.raises(WaitTimeout, match="batch 7 is still accepted"):
            client.wait("7", timeout=0.35, on_progress=lambda seen: looks.append(time.monotonic()))
    assert len(looks) >= 2
    assert looks[-1] >= end


def test_what_is_done_at_the_last_look_is_done() -> None:
    end = time.monotonic() + 0.35

    def in_time(handler: Any) -> None:
        batch("done" if time.monotonic() > end else "scoring")(handler)

    with answering(*[in_time] * 20) as server, Client(server.url, retries=NEVER) as client:
        assert client.wait("7", timeout=0.4).state == "done"
