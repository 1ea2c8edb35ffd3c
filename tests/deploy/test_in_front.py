"""The service behind nginx, and behind TLS: real ones, with the files that docs/deploy.md names."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from predictions.models import Prediction
from tests.live import free_port

from .nginx import NAME, certificate, configuration, started, tls_configuration, warnings

FIELDS = {"type", "title", "status", "detail", "code", "request_id"}
# As whatever ends TLS before it says; the service insists on HTTPS.
BY_TLS = {"X-Forwarded-Proto": "https"}
# An address that documents may name (RFC 5737): nobody has it.
FORGED = "203.0.113.9"


@pytest.fixture(scope="module")
def front(web: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of the compose file's nginx."""
    port, folder = free_port(), tmp_path_factory.mktemp("nginx")
    with started(configuration(port, web, folder), (port,), folder):
        yield port


@pytest.fixture(scope="module")
def http(front: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://localhost:{front}", headers=BY_TLS) as client:
        yield client


@pytest.fixture(scope="module")
def ports(front: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int, Path]]:
    """Of the nginx that ends TLS before that one, plain and encrypted, and its certificate."""
    folder = tmp_path_factory.mktemp("tls")
    certificate(folder)
    plain, encrypted = free_port(), free_port()
    text = tls_configuration((plain, encrypted), front, folder)
    with started(text, (plain, encrypted), folder):
        yield plain, encrypted, folder / "fullchain.pem"


@pytest.fixture
def https(ports: tuple[int, int, Path]) -> Iterator[httpx.Client]:
    trusted = ssl.create_default_context(cafile=str(ports[2]))
    with httpx.Client(
        base_url=f"https://127.0.0.1:{ports[1]}",
        verify=trusted,
        headers={"Host": "localhost"},
    ) as client:
        yield client


def is_problem(response: httpx.Response, code: str) -> None:
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem.keys() == FIELDS and problem["code"] == code
    assert problem["status"] == response.status_code
    assert problem["request_id"] == response.headers["X-Request-ID"]


def sent(port: int, text: bytes) -> bytes:
    """What comes back to bytes that no client would send."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(text)
        received = b""
        while more := connection.recv(65536):
            received += more
    return received


def test_it_works(http: httpx.Client, key: str, home: dict[str, Any]) -> None:
    shown = {"Authorization": f"Bearer {key}", "X-Request-ID": "mine"}
    response = http.post("/api/predict/", json=home, headers=shown)
    assert response.status_code == 200, response.text
    assert response.json()["prediction"] > 0 and response.headers["X-Request-ID"] == "mine"


def test_without_a_key_nobody_is_answered(http: httpx.Client, home: dict[str, Any]) -> None:
    response = http.post("/api/predict/", json=home)
    assert response.status_code == 401 and response.json()["code"] == "not-authenticated"


@pytest.mark.parametrize(
    "path", ["/metrics", "/metrics?x=1", "//metrics", "/%6detrics", "/./metrics"]
)
def test_figures_are_not_for_everybody(front: int, path: str) -> None:
    """Sent as it stands: a client would tidy the path."""
    lines = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\n"
    answer = sent(front, f"{lines}Connection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "not-found"


def test_prometheus_is_told_them_by_the_container(web: int) -> None:
    """By the name under which prometheus.yml asks."""
    response = httpx.get(f"http://127.0.0.1:{web}/metrics", headers={"Host": "web:8000"})
    assert response.status_code == 200 and "housing_requests_total" in response.text


def test_what_is_too_large_for_nginx_is_a_problem_too(http: httpx.Client) -> None:
    is_problem(http.post("/api/predict/", content=b"x" * 5_300_000), "body-too-large")
    is_problem(http.get("/", params={"q": "x" * 9000}), "uri-too-long")
    is_problem(http.get("/", headers={"X-Long": "x" * 9000}), "headers-too-large")


def test_what_is_no_http_is_a_problem_too(front: int) -> None:
    for text in (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n"):
        head, _, body = sent(front, text).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ") and b"application/problem+json" in head
        assert json.loads(body)["code"] == "bad-request"


def test_a_service_that_is_away_is_a_problem_too(tmp_path: Path) -> None:
    port, nobody = free_port(), free_port()
    with started(configuration(port, nobody, tmp_path), (port,), tmp_path):
        response = httpx.get(f"http://127.0.0.1:{port}/readyz")
    assert response.status_code == 502
    is_problem(response, "bad-gateway")


def test_behind_tls_a_question_is_answered(
    https: httpx.Client, key: str, home: dict[str, Any]
) -> None:
    shown = {"Authorization": f"Bearer {key}"}
    response = https.post(
        "/api/predict/", json=home, headers=shown, extensions={"sni_hostname": NAME}
    )
    assert response.status_code == 200, response.text


def test_browsers_are_told_once_to_come_by_https_only(https: httpx.Client) -> None:
    response = https.get("/readyz", extensions={"sni_hostname": NAME})
    said = response.headers.get_list("Strict-Transport-Security")
    assert len(said) == 1 and "max-age=31536000" in said[0]


def test_who_comes_by_plain_http_is_sent_on_with_method_and_path(
    ports: tuple[int, int, Path],
) -> None:
    response = httpx.post(f"http://127.0.0.1:{ports[0]}/a/?b=c", headers={"Host": NAME})
    assert response.status_code == 308
    assert response.headers["Location"] == f"https://{NAME}/a/?b=c"


def test_what_a_caller_says_of_itself_is_not_believed(
    api: Client, home: dict[str, Any], settings: Any, tmp_path: Path
) -> None:
    """Through both nginx to whoever serves, and from there into the log."""
    settings.PROXIES = 2  # as docs/deploy.md has it behind TLS
    received = through_both({"X-Forwarded-For": FORGED, "X-Forwarded-Proto": "http"}, tmp_path)
    assert received["X-Forwarded-Proto"] == "https"
    response = api.post(
        "/api/predict/",
        home,
        content_type="application/json",
        headers={"X-Forwarded-For": received["X-Forwarded-For"]},
    )
    assert Prediction.objects.get(id=response.json()["id"]).caller == "127.0.0.1"
    assert FORGED not in received["X-Forwarded-For"]


def through_both(headers: dict[str, str], folder: Path) -> Message:
    """The headers of a request that comes by TLS, as they stand when it is there."""
    received: list[Message] = []

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received.append(self.headers)
            self.send_response_only(204)
            self.end_headers()

    plain, encrypted, behind = free_port(), free_port(), free_port()
    (inner := folder / "inner").mkdir()
    (outer := folder / "outer").mkdir()
    certificate(outer)
    with (
        HTTPServer(("127.0.0.1", 0), Service) as service,
        started(configuration(behind, service.server_port, inner), (behind,), inner),
        started(tls_configuration((plain, encrypted), behind, outer), (plain, encrypted), outer),
    ):
        served = threading.Thread(target=service.handle_request)
        served.start()
        trusted = ssl.create_default_context(cafile=str(outer / "fullchain.pem"))
        named = {"Host": NAME, **headers}
        extensions = {"sni_hostname": NAME}
        with httpx.Client(verify=trusted, headers=named) as client:
            client.get(f"https://127.0.0.1:{encrypted}/", extensions=extensions)
        served.join()
    return received[0]


def test_nginx_may_warn_of_http2_and_of_nothing_else() -> None:
    """As 1.26 says it of deploy/tls.conf, where 1.22 says nothing."""
    said = 'nginx: [warn] the "listen ... http2" directive is deprecated, use the "http2" directive'
    other = 'nginx: [warn] conflicting server name "valuation.example" on 0.0.0.0:80, ignored'
    assert warnings(f"{said} instead in tls.conf:24\n{other}\nnginx: test is successful") == [other]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "is_spoken"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_old_tls_is_not_spoken(
    ports: tuple[int, int, Path], version: ssl.TLSVersion, is_spoken: bool
) -> None:
    context = ssl.create_default_context(cafile=str(ports[2]))
    # What this client would itself refuse to speak is asked all the same.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", ports[1]), timeout=10) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=NAME) as encrypted:
                assert is_spoken and encrypted.version() == version.name.replace("_", ".")
        except ssl.SSLError as error:
            assert not is_spoken and "PROTOCOL_VERSION" in str(error).upper(), error
