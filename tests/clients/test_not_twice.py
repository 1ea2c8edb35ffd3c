"""What must not be done twice is sent again only if it is certain that it was not done."""

import re
from typing import Any

import pytest
from django.conf import settings

from tests.clients.answering import ESTIMATE, QUICKLY, answering, document, hangs_up, problem
from valuation_client import Client, ConnectionFailed, ProblemError
from valuation_client.transport import NOTHING_DONE

MAY_BE_DONE = (
    hangs_up,
    problem(502, "bad-gateway"),
    # The connection to the database may break behind the commit.
    problem(503, "database-unavailable", Retry_After="0"),
    problem(503, "service-unavailable", Retry_After="0"),
    document(503, "upstream connect error or disconnect/reset before headers"),
    problem(504, "gateway-timeout"),
)
REFUSED = tuple(problem(503, code, Retry_After="0") for code in sorted(NOTHING_DONE))


@pytest.mark.parametrize("fails", MAY_BE_DONE)
def test_a_rollback_is_not_done_twice(fails: Any) -> None:
    with answering(fails) as server, Client(server.url, retries=QUICKLY) as client:
        with pytest.raises((ConnectionFailed, ProblemError)):
            client.roll_back("homes")
        assert len(server.came) == 1


def test_nor_is_a_post_of_which_the_client_knows_nothing() -> None:
    with answering(MAY_BE_DONE[2]) as server, Client(server.url, retries=QUICKLY) as client:
        with pytest.raises(ProblemError, match="database-unavailable"):
            client.request("POST", "/api/models/homes/train/", body={})
        assert len(server.came) == 1


def test_what_is_safe_twice_is_sent_again(home: dict[str, Any]) -> None:
    with answering(*MAY_BE_DONE, ESTIMATE) as server, Client(server.url, retries=QUICKLY) as client:
        assert client.value_home(home).id == "1"
        assert len({came.headers["Idempotency-Key"] for came in server.came}) == 1


def test_what_was_refused_before_anything_was_done_is_sent_again() -> None:
    busy = problem(429, "too-many-requests", Retry_After="0")
    done = document(200, "done")
    with (
        answering(*REFUSED, busy, done) as server,
        Client(server.url, retries=QUICKLY) as client,
    ):
        assert client.request("POST", "/api/models/homes/rollback/", body={}) == "done"


def test_the_service_has_these_codes() -> None:
    listed = (settings.BASE_DIR / "docs" / "errors.md").read_text()
    assert set(re.findall(r"^\| `([a-z-]+)` \| 503 \|", listed, re.M)) >= NOTHING_DONE
