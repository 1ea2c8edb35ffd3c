"""What a registry of images says of a tag: one call of the OCI distribution API."""

import base64
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPMessage
from typing import Any

SECONDS = 20
DOCKER_HUB = "registry-1.docker.io"
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
# [registry/]name:tag[@digest]; a registry has a dot or a port, or is localhost.
IMAGE = re.compile(
    r"(?:(?P<registry>localhost(?::\d+)?|[\w-]+(?:\.[\w-]+)+(?::\d+)?|[\w-]+:\d+)/)?"
    r"(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r":(?P<tag>[\w][\w.-]{0,127})"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


class RegistryFault(Exception):
    """The registry cannot be reached, or knows no such image."""


@dataclass(frozen=True, slots=True)
class Image:
    registry: str
    name: str
    tag: str
    digest: str = ""

    @classmethod
    def read(cls, text: str) -> "Image":
        """Raises ValueError."""
        match = IMAGE.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not NAME:TAG or NAME:TAG@sha256:DIGEST")
        name = match["name"]
        if match["registry"] is None and "/" not in name:
            name = f"library/{name}"
        registry = match["registry"] or DOCKER_HUB
        return cls(registry, name, match["tag"], match["digest"] or "")


def digest_of(image: Image) -> str:
    """What its tag points to now: of all platforms together, if it has several."""
    headers, _ = _ask(image, image.tag, "HEAD")
    digest = headers["Docker-Content-Digest"]
    if not digest:
        raise RegistryFault(f"{image.registry} does not say the digest of {image.name}")
    return str(digest)


def is_there(image: Image) -> bool:
    """Whether the registry has what the digest names."""
    try:
        _ask(image, image.digest, "HEAD")
    except RegistryFault as fault:
        if isinstance(fault.__cause__, urllib.error.HTTPError) and fault.__cause__.code == 404:
            return False
        raise
    return True


def compressed_bytes(image: Image, architecture: str) -> int:
    """Of all its layers, as they are downloaded."""
    _, manifest = _ask(image, image.digest or image.tag, "GET")
    for one in manifest.get("manifests", ()):
        if one["platform"].get("architecture") == architecture:
            _, manifest = _ask(image, one["digest"], "GET")
            break
    if "layers" not in manifest:
        raise RegistryFault(f"{image.name}:{image.tag} is not there for {architecture}")
    return sum(layer["size"] for layer in manifest["layers"])


def _ask(image: Image, reference: str, method: str) -> tuple[HTTPMessage, dict[str, Any]]:
    # Without TLS only on this machine.
    scheme = "http" if re.match(r"(localhost|127\.0\.0\.1)(:|$)", image.registry) else "https"
    url = f"{scheme}://{image.registry}/v2/{image.name}/manifests/{reference}"
    request = urllib.request.Request(  # noqa: S310 - the two schemes above
        url, method=method, headers={"Accept": ", ".join(INDEXES + MANIFESTS)}
    )
    try:
        return _send(request)
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise _fault(request, error) from error
        token = _token(error.headers["WWW-Authenticate"] or "")
        request.add_header("Authorization", f"Bearer {token}")
    except OSError as error:
        raise _fault(request, error) from error
    try:
        return _send(request)
    except OSError as error:
        raise _fault(request, error) from error


def _send(request: urllib.request.Request) -> tuple[HTTPMessage, dict[str, Any]]:
    with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310
        body = response.read()
        return response.headers, json.loads(body) if body else {}


def _token(asked: str) -> str:
    """For pulling. Who has an account names it: REGISTRY_USER, REGISTRY_PASSWORD."""
    challenge = dict(re.findall(r'(\w+)="([^"]*)"', asked))
    realm = challenge.pop("realm", "")
    if not realm.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise RegistryFault(f"the registry asks for a token of {realm or 'nobody'}")
    request = urllib.request.Request(f"{realm}?{urllib.parse.urlencode(challenge)}")  # noqa: S310
    if user := os.environ.get("REGISTRY_USER"):
        shown = f"{user}:{os.environ.get('REGISTRY_PASSWORD', '')}"
        request.add_header("Authorization", f"Basic {base64.b64encode(shown.encode()).decode()}")
    try:
        _, answer = _send(request)
    except OSError as error:
        raise _fault(request, error) from error
    return str(answer.get("token") or answer.get("access_token"))


def _fault(request: urllib.request.Request, error: OSError) -> RegistryFault:
    return RegistryFault(f"{request.full_url}: {error}")
