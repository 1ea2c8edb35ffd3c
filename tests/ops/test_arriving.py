"""What has arrived on a connection: the main thread answers whole questions without a query."""

import pytest

from ops.arriving import LARGEST, Arrived
from ops.arriving import look as look_at

BODY = b'{"a": 1}'
QUESTIONS = frozenset({b"/api/predict/", b"/api/predict/minimal/"})


def look(received: bytes) -> Arrived:
    return look_at(received, QUESTIONS)


def request(line: bytes, *headers: bytes, body: bytes = BODY) -> bytes:
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join([line, b"Host: x", *headers, length, b"", b""]) + body


@pytest.mark.parametrize("path", [b"/api/predict/", b"/api/predict/minimal/"])
def test_it_works(path: bytes) -> None:
    whole = request(b"POST %b HTTP/1.1" % path)
    assert look(whole) is Arrived.QUESTION
    assert look(whole + whole) is Arrived.QUESTION
    for end in range(1, len(whole)):
        assert look(whole[:end]) is Arrived.PART


@pytest.mark.parametrize("query", [b"?include=comparables", b"?", b"?include=", b"minimal/?a=b"])
def test_what_has_a_query_is_for_the_threads(query: bytes) -> None:
    """Comparables take some ms: on the main thread all others would wait for them."""
    assert look(request(b"POST /api/predict/%b HTTP/1.1" % query)) is Arrived.OTHER


def test_a_question_mark_elsewhere_is_no_query() -> None:
    whole = request(b"POST /api/predict/ HTTP/1.1", b"Referer: /?x", body=b'{"?": "?"}')
    assert look(whole) is Arrived.QUESTION


@pytest.mark.parametrize(
    "line",
    [b"GET /api/predict/ HTTP/1.1", b"POST /api/models/ HTTP/1.1", b"POST /api/predict/", b""],
)
def test_what_is_no_question_is_for_the_threads(line: bytes) -> None:
    assert look(request(line)) is Arrived.OTHER


def test_where_a_client_may_be_slow_few_threads_wait_for_it() -> None:
    line = b"POST /api/predict/ HTTP/1.1"
    large = request(line, body=b" " * LARGEST)
    assert look(large[:500]) is Arrived.SLOW
    assert look(large) is Arrived.QUESTION
    assert look(request(line).replace(b"Length: 8", b"Length: %d" % 10**15)) is Arrived.SLOW
    assert look(request(line, b"Transfer-Encoding: chunked")) is Arrived.SLOW
    assert look(request(line, b"Expect: 100-continue")) is Arrived.SLOW
    for path in (b"api/batches/1/results/?format=csv", b"api/%62atches/1/results/"):
        assert look(b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n" % path) is Arrived.SLOW
    assert look(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n") is Arrived.OTHER


@pytest.mark.parametrize("header", [b"Cookie: a=b", b"Idempotency-Key: a"])
def test_who_may_have_to_wait_gets_a_thread_once_all_of_it_is_there(header: bytes) -> None:
    whole = request(b"POST /api/predict/ HTTP/1.1", header)
    assert look(whole[:-1]) is Arrived.PART
    assert look(whole) is Arrived.OTHER


@pytest.mark.parametrize("shown", [b"Bearer vs_a-b.c~d+e/f==", b"bearer a", b"  BEARER a  "])
def test_who_shows_a_key_asks_a_question(shown: bytes) -> None:
    whole = request(b"POST /api/predict/ HTTP/1.1", b"Authorization:" + shown)
    assert look_at(whole, QUESTIONS, with_key=True) is look(whole) is Arrived.QUESTION


@pytest.mark.parametrize(
    "header",
    [
        b"Authorization: Basic YWRtaW46eHg=",
        b"Authorization: Bearer ",
        b"Authorization: Bearer\ta",
        b"Authorization: Bearer a b",
        b"Authorization: Bearer a, Basic b",
        b"Authorization: Bearera",
        b"Authorization : Bearer a",
        b"Authorization: Basic a\r\nAuthorization: Bearer ",
        b"SCRIPT_NAME: /api",
    ],
)
def test_who_shows_anything_else_is_for_the_threads(header: bytes) -> None:
    whole = request(b"POST /api/predict/ HTTP/1.1", header)
    assert look_at(whole, QUESTIONS, with_key=True) is look(whole) is Arrived.OTHER


def test_where_keys_are_asked_for_nobody_asks_without_one() -> None:
    whole = request(b"POST /api/predict/ HTTP/1.1")
    assert look_at(whole, QUESTIONS, with_key=True) is Arrived.OTHER


def test_headers_that_do_not_end_are_not_waited_for() -> None:
    line = b"GET / HTTP/1.1\r\nX: "
    assert look(line + b"a" * 1000) is Arrived.PART
    assert look(line + b"a" * LARGEST) is Arrived.ENDLESS
