"""Images by digest: bin/pin-images against a registry on this machine that speaks the OCI API."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from deploy.images.pinning import FILES, faults_of, main, named_in
from deploy.images.registry import INDEXES, MANIFESTS, Image, RegistryFault, compressed_bytes

from .files import ROOT, SECRETS, compose

DIGEST = re.compile(r"[^@]+:[^@]+@sha256:[0-9a-f]{64}")


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


LAYERS = json.dumps({"mediaType": MANIFESTS[0], "layers": [{"size": 700}, {"size": 300}]}).encode()
INDEX = json.dumps(
    {
        "mediaType": INDEXES[0],
        "manifests": [{"digest": digest(LAYERS), "platform": {"architecture": "amd64"}}],
    }
).encode()
OLD = b"{}"


class Registry(BaseHTTPRequestHandler):
    """As distribution-spec 1.1 and Docker's token authentication have it, for one image."""

    there = {"1.0": INDEX, digest(INDEX): INDEX, digest(LAYERS): LAYERS, digest(OLD): OLD}

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        address = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
        if self.path.startswith("/token?"):
            self._answer(200, json.dumps({"token": self.path}).encode())
        elif self.headers["Authorization"] != "Bearer /token?service=here&scope=pull":
            challenge = f'Bearer realm="{address}/token",service="here",scope="pull"'
            self._answer(401, b"", ("WWW-Authenticate", challenge))
        else:
            _, _, found = self.path.partition("/v2/team/thing/manifests/")
            content = self.there.get(found)
            said = ("Docker-Content-Digest", digest(content or b""))
            self._answer(200 if content else 404, content or b"", said)

    def _answer(self, status: int, content: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Tests are quiet."""


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """NAME:TAG in a registry that runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}/team/thing:1.0"
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(image: str, tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(f"FROM {image} AS one\nFROM {image}\nFROM one AS two\n")
    compose_file = tmp_path / "docker-compose.yml"
    compose_file.write_text(f"services:\n  a:\n    image: {image}\n  b:\n    image: our-own\n")
    return tmp_path


def test_it_works(folder: Path, image: str) -> None:
    assert main([], folder) == 0
    pin = f"{image}@{digest(INDEX)}"
    assert (
        folder / "Dockerfile"
    ).read_text() == f"FROM {pin} AS one\nFROM {pin}\nFROM one AS two\n"
    services = yaml.safe_load((folder / "docker-compose.yml").read_text())["services"]
    assert services == {"a": {"image": pin}, "b": {"image": "our-own"}}
    assert main(["--check"], folder) == 0
    before = [(folder / name).stat().st_mtime_ns for name in FILES]
    assert main([], folder) == 0
    assert [(folder / name).stat().st_mtime_ns for name in FILES] == before


def test_a_check_says_what_is_not_as_pinned(
    folder: Path, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check"], folder) == 1
    assert "team/thing:1.0: no digest" in capsys.readouterr().out
    assert "@sha256" not in (folder / "Dockerfile").read_text()
    assert faults_of(f"{image}@{digest(OLD)}") == f"the tag is {digest(INDEX)} now"
    nowhere = f"sha256:{'0' * 64}"
    assert faults_of(f"{image}@{nowhere}") == f"the registry has no {nowhere}"


def test_an_image_that_is_not_there_changes_no_file(
    folder: Path, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "docker-compose.yml"
    file.write_text(file.read_text().replace("thing:1.0", "thing:2.0"))
    before = file.read_text()
    assert main([], folder) == 1
    assert file.read_text() == before and "404" in capsys.readouterr().err


def test_the_size_of_an_image_is_that_of_its_layers(image: str) -> None:
    assert compressed_bytes(Image.read(image), "amd64") == 1000
    with pytest.raises(RegistryFault, match="arm64"):
        compressed_bytes(Image.read(image), "arm64")


@pytest.mark.parametrize(
    ("text", "registry", "name"),
    [
        ("postgres:18", "registry-1.docker.io", "library/postgres"),
        ("prom/prometheus:v3", "registry-1.docker.io", "prom/prometheus"),
        ("ghcr.io/a/b/c:1", "ghcr.io", "a/b/c"),
        ("localhost:5000/a:1", "localhost:5000", "a"),
    ],
)
def test_a_name_is_read_as_docker_reads_it(text: str, registry: str, name: str) -> None:
    image = Image.read(text)
    assert (image.registry, image.name) == (registry, name)


@pytest.mark.parametrize("text", ["postgres", "Postgres:18", "a:1@sha256:12", "a:1@md5:0", "a b:1"])
def test_what_names_no_tag_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="NAME:TAG"):
        Image.read(text)


def test_every_image_that_comes_from_elsewhere_is_pinned() -> None:
    named = {name: named_in((ROOT / name).read_text()) for name in FILES}
    assert len(named["Dockerfile"]) == 1 and len(named["docker-compose.yml"]) == 5
    for image in (*named["Dockerfile"], *named["docker-compose.yml"]):
        assert DIGEST.fullmatch(image), image
    built = {"valuation-service", "valuation-backup"}
    used = {service["image"] for service in compose(SECRETS)["services"].values()}
    assert used - built == set(named["docker-compose.yml"])
