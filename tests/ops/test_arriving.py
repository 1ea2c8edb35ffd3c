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


def test_what_is_large_or_in_chunks_is_for_the_threads() -> None:
    line = b"POST /api/predict/ HTTP/1.1"
    assert look(request(line, body=b" " * LARGEST)[:500]) is Arrived.OTHER
    assert look(request(line, b"Transfer-Encoding: chunked")) is Arrived.OTHER
    assert look(request(line, b"Expect: 100-continue")) is Arrived.OTHER
