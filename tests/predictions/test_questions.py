"""The short way in answers what the long way through Django answers."""

import http.client
import json
import re
from itertools import product
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.unreader import IterUnreader
from gunicorn.http.wsgi import create

from ops.arriving import Arrived, look
from ops.receiving import BoundedRequest
from predictions.questions import Questions
from tests.live import Live

# The server's own, on every response of any application.
OF_THE_SERVER = {"server", "date", "connection", "content-length"}
# On a page that depends on who is logged in; on refusals from further outside or further inside.
OF_PAGES = {"vary", "x-frame-options"}


def over_http(
    live: Live, path: str, content: bytes, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=30)
    connection.request("POST", path, content, headers)
    response = connection.getresponse()
    found = {name.lower(): value for name, value in response.getheaders()}
    return response.status, found, response.read()


def through_django(
    api: Client, path: str, content: bytes, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    kind = headers.get("Content-Type", "application/json")
    response = api.post(path, content, content_type=kind, headers=headers)
    found = {name.lower(): value for name, value in response.headers.items()}
    return response.status_code, found, response.content


def steady(answer: tuple[int, dict[str, str], bytes]) -> Any:
    """Without what differs from one request, or one database, to the next."""
    status, headers, body = answer
    kept = {name: value for name, value in headers.items() if name not in OF_THE_SERVER | OF_PAGES}
    return status, kept, re.sub(rb'"(id|digest|request_id|version)":("[^"]*"|[0-9]+)', b"", body)


HOST = {"Host": "127.0.0.1", "Content-Type": "application/json", "X-Request-ID": "the-same"}


@pytest.mark.parametrize(
    ("path", "change", "headers"),
    [
        ("/api/predict/", {}, {}),
        ("/api/predict/minimal/", None, {}),
        ("/api/predict/", {"bedrooms": -1, "zipcode": "00000"}, {}),
        ("/api/predict/", {"unknown": 1}, {}),
        ("/api/predict/", {"valuation_date": "2015-03-01"}, {}),
        ("/api/predict/?include=interval,comparables", {}, {}),
        ("/api/predict/minimal/?include=warnings", None, {}),
        ("/api/predict/?include=colour", {"bedrooms": -1}, {}),
        ("/api/predict/?" + "a&" * 1100, {}, {}),
        ("/api/predict/", {}, {"Content-Type": "text/plain"}),
        ("/api/predict/", {}, {"Host": "evil.example"}),
        ("/api/predict", {}, {}),
        ("/api/predict/nowhere/", {}, {}),
        ("/api/predict/", {}, {"Cookie": "sessionid=abc; csrftoken=x"}),
        ("/api/predict/", {}, {"Authorization": "Basic YWRtaW46eHg="}),
        ("/api/predict/", {}, {"Authorization": "Bearer nobodys"}),
        ("/api/predict/", {}, {"Authorization": "Bearer\tnobodys"}),
    ],
)
def test_it_works(
    live: Live,
    api: Client,
    home: dict[str, Any],
    minimal_home: dict[str, Any],
    path: str,
    change: dict[str, Any] | None,
    headers: dict[str, str],
) -> None:
    facts = minimal_home if change is None else home | change
    asked = (path, json.dumps(facts).encode(), HOST | headers)
    assert steady(over_http(live, *asked)) == steady(through_django(api, *asked))


def test_what_is_no_json_is_refused_alike(live: Live, api: Client) -> None:
    for content in (b"", b"{", b"[]", b"null", b'{"a": 1, "a": 2}', b"\xff\xfe", b"[" * 5000):
        asked = ("/api/predict/", content, HOST)
        assert steady(over_http(live, *asked)) == steady(through_django(api, *asked))


SHOWN = [
    b"",
    *(b"Authorization: Basic YWRtaW46eHg=", b"Authorization: basic a, bearer b"),
    *(b"Authorization: Bearer a", b"authorization:bearer a", b"AUTHORIZATION:  BEARER a  "),
    *(b"Authorization: Bearer ", b"Authorization: Bearer\ta", b"Authorization: Bearer a b"),
    *(b"Authorization : Bearer a", b"Authorization:\r\n Bearer a", b"Authorization_: Bearer a"),
    *(b"Cookie: a=b", b"Idempotency-Key: a", b"Idempotency_Key: a", b"X: Authorization: Bearer a"),
    *(b"SCRIPT_NAME: /api", b"SCRIPT_NAME: /api/predict", b"PATH_INFO: /admin/login/"),
]


@pytest.mark.parametrize("access", ["keys", "open"])
def test_the_main_thread_is_never_held_by_a_page_or_a_password(settings: Any, access: str) -> None:
    """What it takes for a question is one to Django's bypass too, or no request at all."""
    settings.ACCESS = access
    questions = Questions(WSGIHandler())
    answered = 0
    for lines in product(SHOWN, repeat=2):
        head = b"".join(line + b"\r\n" for line in lines if line)
        content = b"POST /api/predict/ HTTP/1.1\r\n" + head + b"Content-Length: 2\r\n\r\n{}"
        taken = look(content, questions.addresses(), with_key=access == "keys")
        environ = parsed(content)
        if taken is Arrived.QUESTION and environ is not None:
            assert questions.is_question(environ), content
            answered += 1
    assert answered > 10


def parsed(content: bytes) -> dict[str, Any] | None:
    """As the server hands it on, from a proxy on the same machine; None if it refuses it."""
    config = Config()
    local = ("127.0.0.1", 1)
    try:
        request = BoundedRequest(config, IterUnreader([content]), local)
    except ParseException:
        return None
    environ: dict[str, Any] = create(request, None, local, local, config)[1]
    return environ
