"""A real nginx with the configuration files of deploy/, on ports of this machine."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live import free_port

from .files import ROOT
from .running import listens, running, until

NAME = "valuation.example"


def nginx() -> str:
    """Skips the test where there is none, unless NGINX_REQUIRED is set, as in CI."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if found is None:
        why = "nginx is not installed"
        pytest.fail(why) if os.environ.get("NGINX_REQUIRED") else pytest.skip(why)
    return str(found)


def configuration(port: int, web: int, folder: Path) -> str:
    """deploy/nginx.conf with this machine's ports and paths, and without Docker's names.

    `resolve` needs nginx 1.27.3; Debian's is older.
    """
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for written, here in (
        ("listen 8080;", f"listen 127.0.0.1:{port};"),
        ("server web:8000 resolve max_fails", f"server 127.0.0.1:{web} max_fails"),
        ("    resolver 127.0.0.11 valid=5s ipv6=off;\n", ""),
        ("worker_processes auto;", "worker_processes 1;\ndaemon off;\n" + pid(folder)),
        ("/dev/stdout", str(folder / "access.log")),
        ("/dev/stderr", str(folder / "error.log")),
        ("http {", "http {\n" + temporary(folder)),
    ):
        assert written in text, written
        text = text.replace(written, here)
    return text


def tls_configuration(ports: tuple[int, int], behind: int, folder: Path) -> str:
    """deploy/tls.conf in the frame that Debian has for it."""
    text = (ROOT / "deploy" / "tls.conf").read_text()
    text = re.sub(r"^    listen \[::\].*\n", "", text, flags=re.M)
    plain, encrypted = ports
    for written, here in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{encrypted} ssl"),
        ("http://127.0.0.1:8080", f"http://127.0.0.1:{behind}"),
        (f"/etc/letsencrypt/live/{NAME}", str(folder)),
    ):
        assert written in text, written
        text = text.replace(written, here)
    return (
        f"daemon off;\n{pid(folder)}error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log {folder}/access.log;\n{temporary(folder)}{text}}}\n"
    )


def pid(folder: Path) -> str:
    return f"pid {folder}/pid;\n"


def temporary(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)


def warnings(said: str) -> list[str]:
    """By `nginx -t`, but for one: what it wants since 1.25.1 instead, Debian 12's does not know."""
    lines = [line for line in said.splitlines() if "[warn]" in line]
    return [line for line in lines if 'the "listen ... http2" directive is deprecated' not in line]


@contextmanager
def started(text: str, ports: tuple[int, ...], folder: Path) -> Iterator[None]:
    """`nginx -t` is content with it, and it listens."""
    file, log = folder / "nginx.conf", folder / "log"
    file.write_text(text)
    # Its children are of another user.
    for parent in (folder, *folder.parents):
        if parent.owner() == Path.home().owner() and parent.is_relative_to("/tmp"):
            parent.chmod(parent.stat().st_mode | 0o011)
    command = [nginx(), "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(file)]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    assert not warnings(tried.stderr), tried.stderr
    with running(command, folder, os.environ, log) as process:
        until(lambda: all(listens(port) for port in ports), process, log)
        yield


def certificate(folder: Path) -> None:
    """Of its own making, named as Let's Encrypt names its files."""
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-days", "2"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *subject],
        check=True,
        capture_output=True,
    )


def two_ports() -> tuple[int, int]:
    return free_port(), free_port()
