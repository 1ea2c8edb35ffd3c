"""The short way in answers what the long way through Django answers."""

import http.client
import json
import re
from typing import Any

import pytest
from django.test import Client

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
