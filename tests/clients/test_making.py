"""What cannot be the address of a service, or a key, is said when the client is made."""

import logging
from typing import Any

import pytest

from tests.clients.answering import QUICKLY, answering
from valuation_client import Client, ConnectionFailed, UnexpectedAnswer

KEY = "vk_secret"


@pytest.mark.parametrize(
    "address",
    [
        *("localhost:8000", "127.0.0.1:8000", "valuation.example", "ftp://valuation.example"),
        *("http://", "https:///api", "", KEY, "http://valuation.example\n"),
    ],
)
def test_it_works(address: str) -> None:
    """Without a word of what was given: it may be the key, in the wrong place."""
    with pytest.raises(ValueError, match="begins with http:// or https://") as refused:
        Client(address)
    assert KEY not in str(refused.value)
    assert refused.value.__context__ is None


@pytest.mark.parametrize("address", ["http://[::1]:8000", "HTTPS://valuation.example/service/"])
def test_other_addresses_are_accepted(address: str) -> None:
    Client(address, KEY).close()


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", f"{KEY} {KEY}", f"{KEY}é", "\x00", ""])
def test_a_key_with_something_else_in_it_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match="key is visible ASCII") as refused:
        Client("http://valuation.example", key)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("key", ["order-8\n", "no. 8", "", "x" * 256])
def test_an_idempotency_key_that_is_none_is_refused(key: str, home: dict[str, Any]) -> None:
    with Client("http://valuation.example") as client, pytest.raises(ValueError, match="1 to 255"):
        client.value_home(home, idempotency_key=key)


def garbled(handler: Any) -> None:
    """Said to be compressed, and is not."""
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.wfile.write(b"{}")


def test_what_would_fail_again_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "valuation_client")
    with answering(garbled) as server, Client(server.url, retries=QUICKLY) as client:
        with pytest.raises(UnexpectedAnswer):
            client.version()
        with pytest.raises(ConnectionFailed):
            client.request("GET", "ftp://valuation.example/")
        assert len(server.came) == 1
    assert [said for said in caplog.records if said.name == "valuation_client"] == []
